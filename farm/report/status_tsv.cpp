// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "farm/report/words.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using End = AttemptFacts::End;

/// Tabs and line ends would make other columns and rows.
std::string cell(const std::string& text) {
  std::string one = printable(text);
  std::replace_if(
      one.begin(), one.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return one;
}

/// What a killed start had at hand does not run, though the one that writes has not told of itself yet.
bool goes_on(const RunFacts& facts, const ReportMoment& moment) {
  return moment.run == ReportMoment::Run::goes_on && !facts.starts.empty() &&
         facts.starts.back().epoch == moment.epoch;
}

std::string state_of(const RunFacts& facts, const ShotFacts& shot, const ReportMoment& moment) {
  if (shot.done) return "done";
  if (shot.gave_up) return "failed";
  const int last = static_cast<int>(facts.starts.size()) - 1;
  const bool runs = goes_on(facts, moment) && !shot.attempts.empty() &&
                    shot.attempts.back().end == End::none && shot.attempts.back().start == last;
  return runs ? "running" : "left";
}

std::string worker_of(const RunFacts& facts, const ShotFacts& shot) {
  if (shot.attempts.empty()) return "";
  const AttemptFacts& attempt = shot.attempts.back();
  const auto& crew = facts.starts.at(static_cast<std::size_t>(attempt.start)).crew;
  const auto known = crew.find(attempt.worker);
  return place_name(attempt.worker, known == crew.end() ? WorkerFacts{} : known->second);
}

std::string seconds_of(const ShotFacts& shot) {
  if (shot.attempts.empty() || shot.attempts.back().end != End::committed) return "";
  const jobs::Timings& took = shot.attempts.back().timings;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", took.load + took.encode + took.denoise + took.decode);
  return text;
}

std::string last_reason(const ShotFacts& shot) {
  if (!shot.reason.empty()) return shot.reason;
  for (auto at = shot.attempts.rbegin(); at != shot.attempts.rend(); ++at) {
    if (!at->reason.empty() && shot.counts(*at)) return at->reason;
  }
  return "";
}

}  // namespace

std::string status_tsv(const RunFacts& facts, const ReportMoment& moment) {
  std::string text = "shot\tname\tstate\tfailed_attempts\tseconds\tworker\treason\n";
  for (const ShotFacts& shot : facts.shots) {
    const auto failed = std::ranges::count_if(
        shot.attempts, [&](const AttemptFacts& one) { return one.end == End::failed && shot.counts(one); });
    text += to_hex(shot.id) + "\t" + cell(shot.name) + "\t" + state_of(facts, shot, moment) + "\t" +
            std::to_string(failed) + "\t" + seconds_of(shot) + "\t" + cell(worker_of(facts, shot)) + "\t" +
            cell(shot.done ? "" : last_reason(shot)) + "\n";
  }
  return text;
}

}  // namespace pia::farm
