// SPDX-License-Identifier: Apache-2.0
// What happens when a run is asked to stop, or meets another run.
#include <gtest/gtest.h>

#include <algorithm>

#include "farm/run_history.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/journal.hpp"
#include "storage/lease.hpp"
#include "storage/shot_store.hpp"
#include "tests/farm/farm_process.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

namespace pia::farm {
namespace {

using std::chrono::milliseconds;
using tests::FarmProcess;
using tests::processes_of;
using tests::Rehearsal;
using tests::TempFolder;
using tests::wait_until;

/// A long time, for machines that are busy; none of these tests waits for it to pass.
constexpr std::chrono::minutes kPatience{2};

/// Until both workers have a checkpoint.
void wait_for_checkpoints(const Rehearsal& rehearsal) {
  const auto files = storage::make_posix_file_ops();
  const storage::CheckpointStore checkpoints(*files, rehearsal.run_directory());
  EXPECT_TRUE(wait_until([&] { return checkpoints.ids().size() == 2; }));
}

bool journal_has(const Rehearsal& rehearsal, storage::RecordType type) {
  const auto files = storage::make_posix_file_ops();
  const auto records = storage::replay(*files, rehearsal.run_directory()).records;
  return std::any_of(records.begin(), records.end(), [&](const auto& record) { return record.type == type; });
}

/// Two shots that take far longer than any test.
Rehearsal endless(const TempFolder& folder) {
  return {.folder = folder.path(), .shots = 2, .steps = 1000, .step_seconds = 0.2};
}

TEST(Stop, TheFirstSignalCheckpointsAndEndsWithRunAgain) {
  const TempFolder folder;
  const Rehearsal slow = endless(folder);
  FarmProcess farm(slow);
  wait_for_checkpoints(slow);
  kill(farm.pid(), SIGINT);
  EXPECT_EQ(farm.wait(kPatience), static_cast<int>(jobs::ExitCode::run_again));
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
  const Rehearsal slow = endless(folder);
  FarmProcess farm(slow);
  wait_for_checkpoints(slow);
  const auto files = storage::make_posix_file_ops();
  kill(farm.pid(), SIGTERM);
  kill(farm.pid(), SIGHUP);
  EXPECT_EQ(farm.wait(kPatience), static_cast<int>(jobs::ExitCode::run_again));
  int stopped = 0;
  for (const auto& record : storage::replay(*files, slow.run_directory()).records) {
    stopped += record.type == storage::RecordType::shot_stopped ? 1 : 0;
  }
  EXPECT_EQ(stopped, 2);
}

TEST(Stop, AStoppedRunGoesOnWhereItWas) {
  const TempFolder folder;
  // How long a step takes is no part of a shot.
  Rehearsal slow{.folder = folder.path(), .shots = 2, .steps = 400, .step_seconds = 0.3};
  FarmProcess first(slow);
  wait_for_checkpoints(slow);
  kill(first.pid(), SIGTERM);
  ASSERT_EQ(first.wait(kPatience), static_cast<int>(jobs::ExitCode::run_again));
  slow.step_seconds = 0;
  FarmProcess second(slow);
  ASSERT_EQ(second.wait(kPatience), 0);
  const auto files = storage::make_posix_file_ops();
  const storage::ShotStore store(*files, slow.run_directory());
  for (const auto& shot : slow.plan().shots) {
    EXPECT_LT(store.load(shot.id)->timings.steps_done, 400) << "the steps before the stop were done again";
  }
}

TEST(Stop, TheSecondSignalEndsAtOnce) {
  const TempFolder folder;
  // The checkpoint is there, so both have asked for the last time whether to stop.
  const Rehearsal stuck{
      .folder = folder.path(), .shots = 2, .steps = 4, .step_seconds = 0, .script = "hang@1"};
  FarmProcess farm(stuck);
  wait_for_checkpoints(stuck);
  kill(farm.pid(), SIGINT);
  EXPECT_TRUE(wait_until([&] { return journal_has(stuck, storage::RecordType::drain_requested); }));
  kill(farm.pid(), SIGINT);
  EXPECT_EQ(farm.wait(kPatience), static_cast<int>(jobs::ExitCode::run_again));
  EXPECT_TRUE(processes_of(folder.path()).empty());
  EXPECT_FALSE(journal_has(stuck, storage::RecordType::run_finished)) << "it waited for the shots to stop";
}

TEST(Stop, ASecondRunOnTheSameFolderIsRefusedWhileTheFirstLives) {
  const TempFolder folder;
  const Rehearsal slow = endless(folder);
  FarmProcess first(slow);
  wait_for_checkpoints(slow);
  FarmProcess second(slow);
  EXPECT_EQ(second.wait(kPatience), static_cast<int>(jobs::ExitCode::unavailable));
  EXPECT_FALSE(first.wait(milliseconds(0)).has_value()) << "the first run goes on";
  kill(first.pid(), SIGKILL);
  EXPECT_TRUE(first.wait(kPatience).has_value());
}

TEST(Stop, ANewRunTakesAFolderOverWhoseRunWasReplaced) {
  const TempFolder folder;
  const Rehearsal slow = endless(folder);
  FarmProcess zombie(slow);
  wait_for_checkpoints(slow);
  // Another machine took the folder over: a higher epoch appears under the running farm.
  const auto files = storage::make_posix_file_ops();
  auto taken = storage::take_lease({.files = *files,
                                    .run_directory = slow.run_directory(),
                                    .self = storage::describe_self("another", "now"),
                                    .is_alive = [](const storage::Holder&) { return false; }});
  ASSERT_TRUE(std::holds_alternative<storage::Lease>(taken));
  EXPECT_EQ(zombie.wait(kPatience), static_cast<int>(jobs::ExitCode::run_again));
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
