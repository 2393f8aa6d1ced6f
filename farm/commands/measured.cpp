// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/measured.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "farm/coordinator.hpp"
#include "storage/journal.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

using storage::RecordType;

std::set<jobs::ShotId> shots_at_work(const std::vector<storage::Record>& records, std::uint64_t epoch) {
  std::set<jobs::ShotId> at_work;
  for (const storage::Record& record : records) {
    if (record.epoch != epoch) continue;
    const auto shot = shot_of(record);
    if (!shot) continue;
    if (record.type == RecordType::shot_assigned) {
      at_work.insert(*shot);
    } else {
      at_work.erase(*shot);
    }
  }
  return at_work;
}

}  // namespace

RunState read_run_state(storage::FileOps& files, const std::string& run_directory, const jobs::Plan& plan,
                        std::uint64_t epoch) {
  const storage::Replay replay = storage::replay(files, run_directory);
  RunState state{.complaints = replay.complaints};
  state.history = fold(replay.records, state.complaints);
  state.at_work = shots_at_work(replay.records, epoch);
  const storage::ShotStore store(files, run_directory);
  for (const jobs::PlannedShot& shot : plan.shots) {
    const auto size = store.size(shot.id);
    const auto recorded = state.history.committed.find(shot.id);
    if (size && (recorded == state.history.committed.end() || recorded->second == *size)) {
      state.done.insert(shot.id);
    }
  }
  return state;
}

std::optional<double> seconds_a_cost(storage::FileOps& files, const std::string& run_directory,
                                     const jobs::Plan& plan) {
  std::map<jobs::ShotId, double> costs;
  for (const jobs::PlannedShot& shot : plan.shots) costs[shot.id] = work_of(shot).cost;
  double seconds = 0;
  double cost = 0;
  for (const storage::Record& record : storage::replay(files, run_directory).records) {
    if (record.type != RecordType::shot_committed) continue;
    const auto payload = nlohmann::json::parse(record.payload, nullptr, false);
    const auto shot = shot_of(record);
    if (!shot || !costs.contains(*shot) || !payload.contains("seconds") || !payload["seconds"].is_number()) {
      continue;
    }
    seconds += payload["seconds"].get<double>();
    cost += costs[*shot];
  }
  if (cost <= 0 || seconds <= 0) return std::nullopt;
  return seconds / cost;
}

}  // namespace pia::farm
