// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "scheduler/table.hpp"

namespace pia::scheduler {
namespace {

struct Asking {
  const Table& table;
  const ShotRecord& shot;
  TimePoint now;
};

std::string counted(int count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string name(WorkerId id) {
  return "worker " + std::to_string(id.value);
}

std::string after_failures(const ShotRecord& shot) {
  if (shot.failures == 0) return "";
  const std::string reason = shot.last_reason.empty() ? "" : ": " + shot.last_reason;
  return "; " + counted(shot.failures, "attempt") + " failed" + reason;
}

bool goes_before(const ShotRecord& a, const ShotRecord& b) {
  if (a.company != b.company) return a.company == Company::any;
  if (a.work.priority != b.work.priority) return a.work.priority > b.work.priority;
  return a.work.cost != b.work.cost ? a.work.cost > b.work.cost : &a < &b;
}

std::string who_could_take(const Table& table, const ShotRecord& shot) {
  if (table.workers.empty()) return "no worker is there";
  if (shot.company == Company::nobody)
    return "it ran out of memory, so it goes after the others, alone on its machine";
  const auto failed_here = [&](WorkerId id) {
    return std::binary_search(shot.failed_on.begin(), shot.failed_on.end(), id);
  };
  if (std::any_of(table.idle.begin(), table.idle.end(), failed_here)) {
    return "it is kept for a worker on which it did not fail, and they are busy";
  }
  for (const WorkerId id : table.idle) {
    if (table.workers.at(id).rests_until) return name(id) + " is free but rests, as its GPU failed too often";
  }
  for (const WorkerId id : table.idle) {
    if (table.hosts[static_cast<std::size_t>(table.workers.at(id).host)].kept)
      return name(id) + " is free, but a shot that ran out of memory has its machine for itself";
  }
  for (const auto& [id, worker] : table.workers) {
    if (worker.seen.resident == shot.model && !failed_here(id))
      return name(id) + " holds its model and is busy";
  }
  return "no worker holds its model, and all are busy";
}

std::string sentence(const Asking& asked, const Waiting&) {
  const Table& table = asked.table;
  const ShotRecord& shot = asked.shot;
  if (table.phase == Phase::draining) return "waits: the farm is stopping and starts nothing new";
  const auto before = std::count_if(table.shots.begin(), table.shots.end(), [&](const ShotRecord& other) {
    return std::holds_alternative<Waiting>(other.state) && goes_before(other, shot);
  });
  const std::string place =
      before == 0 ? "no shot is" : counted(static_cast<int>(before), "shot") + (before == 1 ? " is" : " are");
  return "waits: " + who_could_take(table, shot) + "; " + place + " before it" + after_failures(shot);
}

std::string sentence(const Asking& asked, const Running& run) {
  const auto& [table, shot, now] = asked;
  std::string text = "runs on " + name(run.worker) + ", attempt " + std::to_string(run.attempt);
  text += run.progress.step < 0
              ? ", before its first step"
              : ", step " + std::to_string(run.progress.step) + " of " + std::to_string(shot.work.steps);
  const std::chrono::duration<double> silent = std::max(now, table.now) - run.progress.heard;
  text += ", silent for " + std::to_string(static_cast<long long>(silent.count())) + " s (a hang after " +
          std::to_string(static_cast<long long>(silence_limit(table, shot, run))) + " s)";
  if (run.asked == Asked::to_stop) text += ", asked to stop";
  return text;
}

std::string sentence(const Asking&, const Done&) {
  return "is done";
}

std::string sentence(const Asking& asked, const Failed& failed) {
  return "failed after " + counted(asked.shot.failures, "attempt") + ": " + failed.reason;
}

}  // namespace

std::string explain(const Table& table, const jobs::ShotId& id, TimePoint now) {
  const auto at = table.shot_by_id.find(id.digest);
  if (at == table.shot_by_id.end()) return "is not in the plan";
  const ShotRecord& shot = table.shots[static_cast<std::size_t>(at->second)];
  return std::visit([&](const auto& state) { return sentence({table, shot, now}, state); }, shot.state);
}

}  // namespace pia::scheduler
