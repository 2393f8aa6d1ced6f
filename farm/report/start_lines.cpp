// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "farm/report/sentences.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

/// More are no longer one night's story.
constexpr std::size_t kMostListed = 24;

/// Shots of each start that are not in the plan.
std::vector<int> others_done(const RunFacts& facts) {
  std::vector<int> done(facts.starts.size());
  for (const auto& [id, shot] : facts.others) {
    for (const AttemptFacts& attempt : shot.attempts) {
      if (attempt.end == AttemptFacts::End::committed) ++done.at(static_cast<std::size_t>(attempt.start));
    }
  }
  return done;
}

std::string end_words(const StartFacts& start, bool last) {
  if (!start.code) return last ? "still runs, or was cut off" : "cut off";
  if (start.drained) return "stopped on request";
  if (!start.trouble.empty()) return "could not go on: " + printable(start.trouble);
  switch (*start.code) {
    case ExitCode::all_done:
      return "finished";
    case ExitCode::some_failed:
      return "finished, some shots failed";
    case ExitCode::run_again:
      return "not finished";
    default:
      return "ended with exit code " + std::to_string(static_cast<int>(*start.code));
  }
}

std::string shots_words(const StartFacts& start, int others) {
  std::string text = counted(start.done(), "shot");
  if (others > 0) text += " (" + std::to_string(others) + " not in this plan)";
  if (start.failed() > 0) text += ", " + counted(start.failed(), "failed attempt");
  return text;
}

}  // namespace

StartLines start_lines(const RunFacts& facts, const ReportWords& words) {
  const std::vector<int> others = others_done(facts);
  StartLines all;
  all.before = facts.starts.size() - std::min(facts.starts.size(), kMostListed);
  for (std::size_t i = all.before; i < facts.starts.size(); ++i) {
    const StartFacts& start = facts.starts[i];
    all.lines.push_back({.when = start.began > 0 ? words.when(start.began) : "?",
                         .took = duration_words(start.lasted()),
                         .shots = shots_words(start, others[i]),
                         .busy = duration_words(start.busy()),
                         .end = end_words(start, i + 1 == facts.starts.size())});
  }
  return all;
}

}  // namespace pia::farm
