// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "farm/report/words.hpp"

namespace pia::farm {

// What both forms of the report say.

/// "18 of 20 shots done (6 before), 1 failed, 1 left", and whether that was asked for at all.
std::string count_sentence(const RunFacts& facts);

/// "2026-11-23 02:01:07 to 02:04:12 (3 min 05 s, the farm running for 2 min of it), 2 starts, 6 workers": of
/// all starts, but the last one's workers.
std::string time_sentence(const RunFacts& facts, const ReportWords& words);

/// Where frames are there that are no pictures: what they are; else empty.
std::string frames_sentence(const RunFacts& facts);

/// How the last start ended.
std::string end_sentence(const RunFacts& facts);

/// A start, as a row.
struct StartLine {
  std::string when;   ///< it began
  std::string took;   ///< until its end, or until it was heard of last
  std::string shots;  ///< "12 shots", of them those that are not in the plan, failed attempts
  std::string busy;   ///< of all its workers
  std::string end;    ///< "finished", "stopped on request", "cut off", ...
};

/// The newest starts, in order, and how many there were before them.
struct StartLines {
  std::vector<StartLine> lines;
  std::size_t before = 0;
};
StartLines start_lines(const RunFacts& facts, const ReportWords& words);

/// "2 starts cut off, 3 attempts failed, 1 worker lost"; or that nothing happened.
std::string losses_sentence(const Losses& losses);
std::string redone_sentence(const Losses& losses);

struct PhaseLine {
  std::string name;
  double seconds = 0;
  double share = 0;  ///< of all, 0 to 1
};
std::vector<PhaseLine> phase_lines(const RunFacts& facts);

/// The command that renders a shot again.
std::string again(const ShotFacts& shot, const ReportWords& words);

/// 0 to 1; 0 where nothing is known.
double utilisation(const PlaceFacts& place);

/// "93 %"
std::string percent(double share);

}  // namespace pia::farm
