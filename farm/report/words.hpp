// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "farm/report/facts.hpp"
#include "farm/reporter.hpp"

namespace pia::farm {

/// How facts are put.
struct ReportWords {
  std::string program;                      ///< as the user types it
  std::string render_flags;                 ///< of commands that repeat a shot, as WatchSetting
  std::string job_words;                    ///< the job in such commands
  std::function<std::string(double)> when;  ///< a moment in words: "2026-11-23 02:01:07"
};

/// The report: how the plan stands after the last command, and the story of all starts; as text and as one
/// page of HTML that needs nothing besides itself.
std::string report_text(const RunFacts& facts, const ReportWords& words);
std::string report_html(const RunFacts& facts, const ReportWords& words);

/// A line a shot, for spreadsheets and awk; PROTOCOL.md has the columns.
std::string status_tsv(const RunFacts& facts, const ReportMoment& moment);

/// The workers of the last start: where, at what, with what success. `now`: what runs is at work until then;
/// 0: nothing runs any more.
std::string workers_text(const RunFacts& facts, const ReportWords& words, double now);

/// What became of a shot, attempt by attempt, and why it is where it is. `now` as above.
std::string why_text(const RunFacts& facts, const ShotFacts& shot, const ReportWords& words, double now);

}  // namespace pia::farm
