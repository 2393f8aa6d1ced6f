// SPDX-License-Identifier: Apache-2.0
// What all starts come to together.
#include <algorithm>

#include "farm/report/facts.hpp"

namespace pia::farm {
namespace {

using End = AttemptFacts::End;

double seconds_of(const AttemptFacts& attempt) {
  const jobs::Timings& took = attempt.timings;
  if (attempt.end == End::committed) return took.load + took.encode + took.denoise + took.decode;
  return attempt.end == End::none ? 0 : std::max(0.0, attempt.ended - attempt.began);
}

/// How much of what an attempt did before it ended early the next one went on from, 0 to 1. `next` may be
/// null.
double share_kept(const AttemptFacts& attempt, const AttemptFacts* next) {
  const int from = attempt.from.value_or(0);
  if (next == nullptr || !next->from || !attempt.reached) return attempt.kept > from ? 1 : 0;
  if (*attempt.reached <= from) return 0;
  return std::clamp(static_cast<double>(*next->from - from) / (*attempt.reached - from), 0.0, 1.0);
}

void add(Phases& phases, const AttemptFacts& attempt, const AttemptFacts* next) {
  if (attempt.end == End::committed) {
    phases.load += attempt.timings.load;
    phases.encode += attempt.timings.encode;
    phases.denoise += attempt.timings.denoise;
    phases.decode += attempt.timings.decode;
    return;
  }
  const double kept = seconds_of(attempt) * share_kept(attempt, next);
  phases.kept += kept;
  phases.in_vain += seconds_of(attempt) - kept;
}

int crashes_of(const ShotFacts& shot) {
  return static_cast<int>(std::ranges::count(shot.attempts, End::failed, &AttemptFacts::end));
}

void add_steps(Losses& losses, const ShotFacts& shot) {
  std::optional<int> reached;
  for (const AttemptFacts& attempt : shot.attempts) {
    if (attempt.from && reached) losses.steps_redone += std::max(0, *reached - *attempt.from);
    if (attempt.from && attempt.reached) losses.steps += std::max(0, *attempt.reached - *attempt.from);
    if (attempt.reached) reached = attempt.reached;
    // Who wants a result again, as its file is gone, has lost no steps of an attempt.
    if (attempt.end == End::committed) reached.reset();
  }
}

}  // namespace

int StartFacts::done() const {
  int sum = 0;
  for (const auto& [number, worker] : crew) sum += worker.done;
  return sum;
}

int StartFacts::failed() const {
  int sum = 0;
  for (const auto& [number, worker] : crew) sum += worker.failed;
  return sum;
}

double StartFacts::busy() const {
  double sum = 0;
  for (const auto& [number, worker] : crew) sum += worker.busy;
  return sum;
}

Losses losses_of(const RunFacts& facts) {
  Losses losses;
  for (std::size_t i = 0; i < facts.starts.size(); ++i) {
    const StartFacts& start = facts.starts[i];
    if (!start.code && i + 1 < facts.starts.size()) ++losses.starts_cut_off;
    for (const auto& [number, worker] : start.crew) losses.workers += worker.lost.empty() ? 0 : 1;
  }
  for (const ShotFacts& shot : facts.shots) {
    losses.crashes += crashes_of(shot);
    add_steps(losses, shot);
  }
  for (const auto& [id, shot] : facts.others) losses.crashes += crashes_of(shot);
  return losses;
}

Phases phases_of(const RunFacts& facts) {
  Phases phases;
  for (const ShotFacts& shot : facts.shots) {
    for (std::size_t i = 0; i < shot.attempts.size(); ++i)
      add(phases, shot.attempts[i], i + 1 < shot.attempts.size() ? &shot.attempts[i + 1] : nullptr);
  }
  for (const auto& [id, shot] : facts.others) {
    for (const AttemptFacts& attempt : shot.attempts) phases.others += seconds_of(attempt);
  }
  return phases;
}

std::string place_name(int worker, const WorkerFacts& facts) {
  const std::string name = facts.host.empty() ? "worker " + std::to_string(worker + 1) : facts.host;
  return facts.gpu.empty() ? name : name + " GPU " + facts.gpu;
}

std::vector<PlaceFacts> places_of(const RunFacts& facts) {
  std::map<std::string, PlaceFacts> places;
  for (const StartFacts& start : facts.starts) {
    std::map<std::string, int> of_host;  // several workers without a GPU on one host
    for (int number = 0; number < start.workers; ++number) {
      const auto known = start.crew.find(number);
      const WorkerFacts worker = known == start.crew.end() ? WorkerFacts{} : known->second;
      std::string name = place_name(number, worker);
      if (const int before = of_host[name]++; before > 0) name += " (" + std::to_string(before + 1) + ")";
      PlaceFacts& place = places[name];
      place.name = name;
      const double until = worker.left > 0 ? worker.left : start.ended;
      place.present += std::max(0.0, until - start.began);
      place.busy += worker.busy;
      place.done += worker.done;
      place.failed += worker.failed;
      if (!worker.lost.empty()) place.troubles.push_back(worker.lost);
      if (!worker.rests.empty()) place.troubles.push_back("rests: " + worker.rests);
    }
  }
  std::vector<PlaceFacts> all;
  for (auto& [name, place] : places) all.push_back(std::move(place));
  return all;
}

}  // namespace pia::farm
