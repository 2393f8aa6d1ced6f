// SPDX-License-Identifier: Apache-2.0
// What a coordinator goes by when it takes over from an earlier generation of the same command.
#include "farm/coordinator.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pia::farm
