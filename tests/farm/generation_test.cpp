// SPDX-License-Identifier: Apache-2.0
// What a coordinator goes by when it takes over from an earlier generation of the same command.
#include "farm/coordinator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "farm/launcher/prepare.hpp"
#include "tests/farm/rehearsal.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using tests::Rehearsal;
using tests::TempFolder;

/// A coordinator with one worker that is ready.
class OneWorker {
 public:
  explicit OneWorker(const Coordinator::Found& found) {
    files_->make_folders(plan_.out);
    coordinator_.begin(found, std::chrono::seconds(1));
    worker().send(Ready{.first = true, .resident_model = {}});
    coordinator_.pump(std::chrono::seconds(2));
  }

  WorkerEnd& worker() { return transport_.worker({0}); }

  /// The attempt that it was handed, by shot.
  std::optional<std::pair<jobs::ShotId, int>> handed_out() {
    while (const auto message = worker().receive()) {
      if (const auto* render = std::get_if<RenderShot>(&*message))
        return std::pair{render->shot.id, render->attempt};
    }
    return std::nullopt;
  }
  const Summary& summary() const { return coordinator_.summary(); }

  static jobs::Plan plan_in(const TempFolder& folder) {
    return Rehearsal{.folder = folder.path(), .shots = 2}.plan();
  }
  static const TempFolder& folder() {
    static const TempFolder folder;
    return folder;
  }

 private:
  jobs::Plan plan_ = plan_in(folder());
  std::unique_ptr<storage::FileOps> files_ = storage::make_posix_file_ops();
  storage::Journal journal_{*files_, plan_.out, 1, 1};
  storage::ShotStore store_{*files_, plan_.out};
  Watcher silent_;
  InProcessTransport transport_{1};
  Coordinator coordinator_{{.plan = plan_,
                            .workers = transport_.coordinator(),
                            .journal = journal_,
                            .store = store_,
                            .watcher = silent_,
                            .epoch = 1},
                           scheduler::Policy{.max_attempts = 3}};
};

const jobs::ShotId kFirst = OneWorker::plan_in(OneWorker::folder()).shots[0].id;
const jobs::ShotId kSecond = OneWorker::plan_in(OneWorker::folder()).shots[1].id;

TEST(Generation, CountsTheAttemptsOfAnEarlierGeneration) {
  OneWorker farm({.spent = {{kFirst, 2, false, "crash"}}});
  EXPECT_EQ(farm.handed_out(), (std::pair{kFirst, 3}));
}

TEST(Generation, LeavesGivenUpWhatAnEarlierGenerationGaveUp) {
  // One attempt is enough where the shot itself is wrong.
  OneWorker farm({.spent = {{kFirst, 1, true, "the picture is cut short"}}});
  EXPECT_EQ(farm.handed_out(), (std::pair{kSecond, 1}));
  ASSERT_EQ(farm.summary().failures.size(), 1U);
  EXPECT_EQ(farm.summary().failures[0].reason, "the picture is cut short");
}

TEST(Generation, HandsOutNothingThatIsDone) {
  OneWorker farm({.done = {kFirst, kSecond}});
  EXPECT_EQ(farm.handed_out(), std::nullopt);
  EXPECT_EQ(farm.summary().done_before, 2);
}

int records_of(const std::string& run_directory, storage::RecordType type) {
  const auto files = storage::make_posix_file_ops();
  const auto records = storage::replay(*files, run_directory).records;
  return static_cast<int>(
      std::count_if(records.begin(), records.end(), [&](const auto& one) { return one.type == type; }));
}

TEST(Generation, BugALostCommitWasRecordedBesideARankZeroThatStillLived) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path(), .shots = 1};
  Watcher silent;
  ASSERT_EQ(rehearsal.run(silent), jobs::ExitCode::all_done);
  std::filesystem::remove_all(rehearsal.run_directory() + "/journal");
  OwnedRun run(rehearsal.plan(), silent);
  storage::Journal of_rank_zero(run.files(), rehearsal.run_directory(), run.epoch(),
                                run.history().next_sequence);
  EXPECT_EQ(take_stock(run, rehearsal.plan(), "fake", silent).found.done.size(), 1U);
  of_rank_zero.append(storage::RecordType::drain_requested, "{}");
  of_rank_zero.commit();
  // Records of one epoch and number are taken for the same one.
  EXPECT_EQ(records_of(rehearsal.run_directory(), storage::RecordType::shot_committed), 1);
  EXPECT_EQ(records_of(rehearsal.run_directory(), storage::RecordType::drain_requested), 1);
}

}  // namespace
}  // namespace pia::farm
