// SPDX-License-Identifier: Apache-2.0
#include "scheduler/policy.hpp"

#include <algorithm>

namespace pia::scheduler {
bool may_have(const FailedOn& failed_on, const Candidate& worker, const Crew& crew) {
  if (!std::binary_search(failed_on.begin(), failed_on.end(), worker.id)) return true;
  const auto failed_and_live = std::count_if(failed_on.begin(), failed_on.end(),
                                             [&](WorkerId id) { return crew.live.count(id) != 0; });
  return static_cast<std::size_t>(failed_and_live) >= crew.live.size();
}

namespace {

std::optional<ShotIndex> longest(const Line& line, const Candidate& worker, const Crew& crew) {
  std::optional<Ticket> best;
  for (const auto& [failed_on, tickets] : line.groups) {
    const Ticket& first = *tickets.begin();
    if ((!best || LongestFirst{}(first, *best)) && may_have(failed_on, worker, crew)) best = first;
  }
  return best ? std::optional(best->shot) : std::nullopt;
}

std::optional<ShotIndex> passed_over_too_often(const Level& level, const Candidate& worker, const Crew& crew,
                                               const Policy& policy) {
  if (worker.resident == kNoModel || worker.streak < policy.model_patience) return std::nullopt;
  const auto limit =
      static_cast<std::int64_t>(policy.model_patience) * static_cast<std::int64_t>(crew.live.size());
  for (const auto& [served, model] : level.by_age) {
    if (level.handed_out - served < limit) break;
    if (const auto shot = longest(level.lines.at(model), worker, crew)) return shot;
  }
  return std::nullopt;
}

std::optional<ShotIndex> of_most_work(const Level& level, const Candidate& worker, const Crew& crew) {
  std::optional<ShotIndex> best;
  double most = -1;
  for (const auto& [model, line] : level.lines) {
    const double share = line.work / (1 + crew.holders[static_cast<std::size_t>(model)]);
    if (share <= most) continue;
    if (const auto shot = longest(line, worker, crew)) {
      best = shot;
      most = share;
    }
  }
  return best;
}

}  // namespace

std::optional<ShotIndex> choose(const Lines& waiting, const Candidate& worker, const Crew& crew,
                                const Policy& policy) {
  for (const auto& [priority, level] : waiting) {
    if (const auto shot = passed_over_too_often(level, worker, crew, policy)) return shot;
    if (const auto line = level.lines.find(worker.resident); line != level.lines.end()) {
      if (const auto shot = longest(line->second, worker, crew)) return shot;
    }
    if (const auto shot = of_most_work(level, worker, crew)) return shot;
  }
  return std::nullopt;
}

}  // namespace pia::scheduler
