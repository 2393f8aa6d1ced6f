// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/measured.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "farm/run_directory.hpp"
#include "farm/shot_work.hpp"
#include "jobs/core/error.hpp"
#include "storage/journal.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;
using storage::RecordType;

constexpr std::size_t kMostRuns = 100;

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

// What makes an earlier run comparable.
struct Wanted {
  const std::string& device;
  std::map<jobs::ShotId, double> costs;  ///< of the plan's own shots
  std::set<jobs::Digest> motions;
};

Wanted wanted_by(const jobs::Plan& plan, const std::string& device) {
  Wanted wanted{.device = device, .costs = {}, .motions = {}};
  for (const jobs::PlannedShot& shot : plan.shots) {
    wanted.costs[shot.id] = work_of(shot).cost;
    wanted.motions.insert(shot.shot.motion.digest);
  }
  return wanted;
}

// Of the shots that a run directory's plan names too.
void add_kept(storage::FileOps& files, const std::string& run_directory, Wanted& wanted) {
  try {
    const auto kept = read_plan(files, run_directory);
    for (const jobs::PlannedShot& shot : kept ? kept->shots : std::vector<jobs::PlannedShot>{}) {
      if (wanted.motions.contains(shot.shot.motion.digest)) wanted.costs[shot.id] = work_of(shot).cost;
    }
  } catch (const jobs::Error&) {
    // A damaged plan tells no costs.
  }
}

std::optional<Pace> pace_in(storage::FileOps& files, const std::string& run_directory, Wanted wanted) {
  const storage::Replay replay = storage::replay(files, run_directory);
  std::vector<std::string> unheard;
  if (replay.records.empty() || fold(replay.records, unheard).device != wanted.device) return std::nullopt;
  add_kept(files, run_directory, wanted);
  double seconds = 0;
  double cost = 0;
  Pace pace;
  for (const storage::Record& record : replay.records) {
    if (record.type != RecordType::shot_committed) continue;
    const auto payload = nlohmann::json::parse(record.payload, nullptr, false);
    const auto shot = shot_of(record);
    if (!shot || !wanted.costs.contains(*shot) || !payload.contains("seconds") ||
        !payload["seconds"].is_number()) {
      continue;
    }
    seconds += payload["seconds"].get<double>();
    cost += wanted.costs[*shot];
    ++pace.shots;
  }
  if (cost <= 0 || seconds <= 0) return std::nullopt;
  pace.seconds_a_cost = seconds / cost;
  return pace;
}

}  // namespace

RunState read_run_state(storage::FileOps& files, const std::string& run_directory, const jobs::Plan& plan,
                        std::uint64_t epoch) {
  const storage::Replay replay = storage::replay(files, run_directory);
  RunState state{.complaints = sentences(replay.complaints)};
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

std::optional<Pace> measured_pace(storage::FileOps& files, const jobs::Plan& plan,
                                  const std::string& device) {
  const Wanted wanted = wanted_by(plan, device);
  if (const auto own = pace_in(files, plan.out, wanted)) return own;
  const std::string beside = fs::path(plan.out).parent_path().string();
  std::size_t looked = 0;
  for (const std::string& name : files.list(beside)) {
    const std::string folder = beside + "/" + name;
    if (folder == plan.out) continue;
    if (++looked > kMostRuns) break;
    if (const auto pace = pace_in(files, folder, wanted)) return pace;
  }
  return std::nullopt;
}

}  // namespace pia::farm
