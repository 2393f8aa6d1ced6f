// SPDX-License-Identifier: Apache-2.0
// What happens when a run is asked to stop, or meets another run.
#include <gtest/gtest.h>

#include "farm/run_history.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/journal.hpp"
#include "storage/lease.hpp"
#include "storage/shot_store.hpp"
#include "tests/farm/farm_process.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::FarmProcess;
using tests::processes_of;
using tests::Rehearsal;
using tests::TempFolder;

/// Waits until both workers have a checkpoint.
void wait_for_checkpoints(const Rehearsal& rehearsal) {
  const auto files = storage::make_posix_file_ops();
  const storage::CheckpointStore checkpoints(*files, rehearsal.run_directory());
  const auto deadline = std::chrono::steady_clock::now() + seconds(30);
  while (checkpoints.ids().size() < 2 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(10));
  }
}

TEST(Stop, TheFirstSignalCheckpointsAndEndsWithRunAgain) {
  const TempFolder folder;
  const Rehearsal slow{.folder = folder.path(), .shots = 2, .steps = 400, .step_seconds = 0.02};
  FarmProcess farm(slow);
  wait_for_checkpoints(slow);
  kill(farm.pid(), SIGINT);
  EXPECT_EQ(farm.wait(seconds(20)), static_cast<int>(jobs::ExitCode::run_again));
  EXPECT_TRUE(processes_of(folder.path()).empty());
  const auto files = storage::make_posix_file_ops();
  const storage::CheckpointStore checkpoints(*files, slow.run_directory());
  for (const auto& shot : slow.plan().shots) {
    const auto found = checkpoints.load(shot.id, jobs::Dtype::fp32, "fake").checkpoint;
    ASSERT_TRUE(found.has_value());
    EXPECT_GT(found->next_step, 0);
  }
}

TEST(Stop, BugATerminalThatWentAwayWithTheSignalEndedTheRunAtOnce) {
  const TempFolder folder;
  const Rehearsal slow{.folder = folder.path(), .shots = 2, .steps = 400, .step_seconds = 0.02};
  FarmProcess farm(slow);
  wait_for_checkpoints(slow);
  const auto files = storage::make_posix_file_ops();
  kill(farm.pid(), SIGTERM);
  kill(farm.pid(), SIGHUP);
  EXPECT_EQ(farm.wait(seconds(20)), static_cast<int>(jobs::ExitCode::run_again));
  int stopped = 0;
  for (const auto& record : storage::replay(*files, slow.run_directory()).records) {
    stopped += record.type == storage::RecordType::shot_stopped ? 1 : 0;
  }
  EXPECT_EQ(stopped, 2);
}

TEST(Stop, AStoppedRunGoesOnWhereItWas) {
  const TempFolder folder;
  const Rehearsal slow{.folder = folder.path(), .shots = 2, .steps = 60, .step_seconds = 0.02};
  FarmProcess first(slow);
  wait_for_checkpoints(slow);
  kill(first.pid(), SIGTERM);
  ASSERT_EQ(first.wait(seconds(20)), static_cast<int>(jobs::ExitCode::run_again));
  FarmProcess second(slow);
  ASSERT_EQ(second.wait(seconds(60)), 0);
  const auto files = storage::make_posix_file_ops();
  const storage::ShotStore store(*files, slow.run_directory());
  for (const auto& shot : slow.plan().shots) {
    EXPECT_LT(store.load(shot.id)->timings.steps_done, 60) << "the steps before the stop were done again";
  }
}

TEST(Stop, TheSecondSignalEndsAtOnce) {
  const TempFolder folder;
  // Steps so long that no boundary comes by itself.
  const Rehearsal slow{.folder = folder.path(), .shots = 2, .steps = 4, .step_seconds = 100};
  FarmProcess farm(slow);
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (processes_of(folder.path()).size() < 3 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  kill(farm.pid(), SIGINT);
  std::this_thread::sleep_for(milliseconds(300));
  kill(farm.pid(), SIGINT);
  EXPECT_EQ(farm.wait(seconds(20)), static_cast<int>(jobs::ExitCode::run_again));
  EXPECT_TRUE(processes_of(folder.path()).empty());
}

TEST(Stop, ASecondRunOnTheSameFolderIsRefusedWhileTheFirstLives) {
  const TempFolder folder;
  const Rehearsal slow{.folder = folder.path(), .shots = 2, .steps = 400, .step_seconds = 0.02};
  FarmProcess first(slow);
  wait_for_checkpoints(slow);
  FarmProcess second(slow);
  EXPECT_EQ(second.wait(seconds(20)), static_cast<int>(jobs::ExitCode::unavailable));
  EXPECT_FALSE(first.wait(milliseconds(0)).has_value()) << "the first run goes on";
  kill(first.pid(), SIGKILL);
  EXPECT_TRUE(first.wait(seconds(20)).has_value());
}

TEST(Stop, ANewRunTakesAFolderOverWhoseRunWasReplaced) {
  const TempFolder folder;
  const Rehearsal slow{.folder = folder.path(), .shots = 2, .steps = 1000, .step_seconds = 0.05};
  FarmProcess zombie(slow);
  wait_for_checkpoints(slow);
  // Another machine took the folder over: a higher epoch appears under the running farm.
  const auto files = storage::make_posix_file_ops();
  auto taken = storage::take_lease({.files = *files,
                                    .run_directory = slow.run_directory(),
                                    .self = storage::describe_self("another", "now"),
                                    .is_alive = [](const storage::Holder&) { return false; }});
  ASSERT_TRUE(std::holds_alternative<storage::Lease>(taken));
  EXPECT_EQ(zombie.wait(seconds(30)), static_cast<int>(jobs::ExitCode::run_again));
  EXPECT_TRUE(processes_of(folder.path()).empty());
}

TEST(Stop, ARunDirectoryOfAnotherContainerIsTakenOverOnceItsOwnerStoodStill) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path(), .shots = 1};
  const auto files = storage::make_posix_file_ops();
  files->make_folders(rehearsal.run_directory());
  storage::Holder container = storage::describe_self("before", "yesterday");
  container.boot_id = container.boot_id.substr(0, container.boot_id.find('/')) + "/another";
  {
    // Never released: the container went down.
    auto taken =
        storage::take_lease({.files = *files, .run_directory = rehearsal.run_directory(), .self = container});
    ASSERT_TRUE(std::holds_alternative<storage::Lease>(taken));
  }
  Watcher silent;
  EXPECT_EQ(rehearsal.run(silent), jobs::ExitCode::all_done);
}

}  // namespace
}  // namespace pia::farm
