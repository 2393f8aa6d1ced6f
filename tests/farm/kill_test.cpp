// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments of the renderer, of the coordinator, of all; then the same command again.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "farm/run_history.hpp"
#include "storage/journal.hpp"
#include "storage/shot_store.hpp"
#include "tests/farm/farm_process.hpp"
#include "tests/farm/rehearsal.hpp"
#include "tests/support/commits.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;
using storage::RecordType;
using tests::Rehearsal;
using tests::TempFolder;

using tests::FarmProcess;
using tests::processes_of;

constexpr int kShots = 8;
constexpr int kSteps = 12;
constexpr int kWorkers = 2;

int kills_wanted() {
  const char* text = std::getenv("PIA_KILLS");
  return text != nullptr ? std::atoi(text) : 20;
}

enum class Target { renderer, coordinator, everything };

/// Whether anybody was hit.
bool kill_target(Target target, const std::string& folder, pid_t coordinator) {
  bool hit = false;
  for (const pid_t pid : processes_of(folder)) {
    if (target == Target::coordinator && pid != coordinator) continue;
    if (target == Target::renderer && pid == coordinator) continue;
    hit = kill(pid, SIGKILL) == 0 || hit;
    if (target == Target::renderer) break;
  }
  return hit;
}

struct Campaign {
  int kills = 0;
  int starts = 0;
};

/// Starts the job again and again and kills at random until `wanted` kills, then lets it finish.
Campaign run_with_kills(const std::string& folder, int wanted, std::mt19937_64& chance) {
  Campaign campaign;
  std::exponential_distribution<double> gap(1 / 0.12);
  while (true) {
    FarmProcess farm(
        {.folder = folder, .shots = kShots, .steps = kSteps, .workers = kWorkers, .step_seconds = 0.02});
    ++campaign.starts;
    while (campaign.kills < wanted) {
      const auto pause = std::chrono::milliseconds(static_cast<int>(1000 * gap(chance)) + 5);
      if (farm.wait(pause)) break;
      const auto target = static_cast<Target>(chance() % 3);
      if (!kill_target(target, folder, farm.pid())) continue;
      ++campaign.kills;
      if (target != Target::renderer) break;
    }
    const auto code = farm.wait(std::chrono::seconds(60));
    EXPECT_TRUE(code.has_value()) << "the farm hangs";
    if (code == 0) return campaign;
    EXPECT_TRUE(code == 137 || code == 75) << "exit code " << code.value_or(-1);
    if (testing::Test::HasFailure()) return campaign;
  }
}

std::map<std::string, jobs::ShotResult> results_in(const Rehearsal& rehearsal) {
  const auto files = storage::make_posix_file_ops();
  const storage::ShotStore store(*files, rehearsal.run_directory());
  std::map<std::string, jobs::ShotResult> results;
  for (const jobs::ShotId& id : store.ids()) results.emplace(to_hex(id), *store.load(id));
  return results;
}

void expect_no_leftovers(const std::string& run_directory) {
  for (const auto& entry : fs::recursive_directory_iterator(run_directory)) {
    EXPECT_EQ(entry.path().string().find(".tmp"), std::string::npos) << entry.path();
    if (entry.is_regular_file()) {
      EXPECT_EQ(entry.path().string().find("/checkpoints/"), std::string::npos) << entry.path();
    }
  }
}

void expect_each_shot_committed_once(const std::string& run_directory) {
  const auto files = storage::make_posix_file_ops();
  std::set<std::string> committed;
  for (const auto& record : storage::replay(*files, run_directory).records) {
    const std::string shot = tests::shot_of(record);
    if (record.type == RecordType::shot_committed) {
      EXPECT_TRUE(committed.insert(shot).second) << "committed twice: " << record.payload;
    }
    if (record.type == RecordType::shot_assigned) {
      EXPECT_FALSE(committed.contains(shot)) << "a done shot was handed out again";
    }
  }
  EXPECT_EQ(committed.size(), std::size_t{kShots});
}

TEST(KillCampaign, LosesNothingAndGivesTheSameBytes) {
  const TempFolder calm_folder;
  const TempFolder wild_folder;
  const Rehearsal calm{.folder = calm_folder.path(),
                       .shots = kShots,
                       .steps = kSteps,
                       .workers = kWorkers,
                       .step_seconds = 0.001};
  Watcher silent;
  ASSERT_EQ(calm.run(silent), jobs::ExitCode::all_done);
  const auto expected = results_in(calm);

  const std::uint64_t seed = 20261122;
  std::mt19937_64 chance(seed);
  Campaign total;
  int rounds = 0;
  for (; total.kills < kills_wanted() && !HasFailure(); ++rounds) {
    fs::remove_all(wild_folder / "run");
    const int wanted = std::min(10, kills_wanted() - total.kills);
    const Campaign campaign = run_with_kills(wild_folder.path(), wanted, chance);
    total.kills += campaign.kills;
    total.starts += campaign.starts;
    const Rehearsal wild{.folder = wild_folder.path(), .shots = kShots, .steps = kSteps};
    const auto found = results_in(wild);
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [id, result] : found) {
      // The picture lies elsewhere, but what is in it decides the id.
      ASSERT_TRUE(expected.contains(id));
      EXPECT_EQ(result.clip, expected.at(id).clip);
      EXPECT_EQ(result.latents, expected.at(id).latents);
    }
    expect_no_leftovers(wild.run_directory());
    expect_each_shot_committed_once(wild.run_directory());
    EXPECT_TRUE(processes_of(wild_folder.path()).empty()) << "an orphan";
  }
  std::printf("seed %llu: %d kills, %d starts, %d rounds of %d shots: 0 lost, 0 changed\n",
              static_cast<unsigned long long>(seed), total.kills, total.starts, rounds, kShots);
}

}  // namespace
}  // namespace pia::farm
