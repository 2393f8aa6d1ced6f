// SPDX-License-Identifier: Apache-2.0
// A renderer that hangs: real coordinator, supervisor and processes, and a clock that the test moves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "farm/run_directory.hpp"
#include "farm/run_loop.hpp"
#include "farm/worker_command.hpp"
#include "storage/checkpoint_store.hpp"
#include "tests/farm/rehearsal.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using tests::Rehearsal;
using tests::TempFolder;

struct Record : Watcher {
  void attempt_failed(scheduler::WorkerId, const jobs::PlannedShot&, int,
                      const std::string& reason) override {
    reasons.push_back(reason);
  }
  void notice(const std::string& sentence) override { notices.push_back(sentence); }
  void progressed(scheduler::WorkerId, const jobs::PlannedShot&,
                  const renderer::Progress& progress) override {
    step = progress.step;
  }
  int step = 0;
  std::vector<std::string> reasons;
  std::vector<std::string> notices;
};

/// A farm with one worker, whose time passes only when it is told to.
class StillFarm {
 public:
  StillFarm(const Rehearsal& rehearsal, const RendererCommand& command)
      : plan_(rehearsal.plan()), run_(plan_, record_), supervisor_(transport_.worker({0}), command, 0) {
    coordinator_.begin({}, now_);
  }

  const Record& record() const { return record_; }
  const Summary& summary() const { return coordinator_.summary(); }
  int renderer() const { return supervisor_.pid(); }
  /// Longer than any patience with a renderer, and not twice as long.
  void pass_patience() {
    for (int second = 0; second < 630; ++second) {
      now_ += std::chrono::seconds(1);
      coordinator_.pump(now_);
    }
  }

  /// Lets messages go to and fro until that is so.
  void until(const std::function<bool()>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + minutes(2);
    while (!is_so()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it never came";
      supervisor_.pump();
      coordinator_.pump(now_);
      supervisor_.pump();
      ready_within(std::chrono::milliseconds(20), {supervisor_.watched()});
    }
  }
  void until_finished() {
    until([&] { return coordinator_.finished(); });
    coordinator_.dismiss_workers();
    until([&] { return supervisor_.finished(); });
  }

  int steps_kept(const jobs::ShotId& shot) {
    const auto found =
        storage::CheckpointStore(run_.files(), plan_.out).load(shot, jobs::Dtype::fp32, "fake");
    return found.checkpoint ? found.checkpoint->next_step : 0;
  }
  std::optional<jobs::ShotResult> result(const jobs::ShotId& shot) const { return store_.load(shot); }

 private:
  jobs::Plan plan_;
  Record record_;
  OwnedRun run_;
  storage::Journal journal_{run_.files(), plan_.out, run_.epoch(), 1};
  storage::ShotStore store_{run_.files(), plan_.out};
  InProcessTransport transport_{1};
  Supervisor supervisor_;
  scheduler::TimePoint now_ = std::chrono::hours(1);
  Coordinator coordinator_{{.plan = plan_,
                            .workers = transport_.coordinator(),
                            .journal = journal_,
                            .store = store_,
                            .watcher = record_,
                            .epoch = run_.epoch(),
                            .worker_count = 1},
                           scheduler::Policy{}};
};

TEST(Hang, ARendererThatHangsCostsOneAttemptAndItsShotGoesOnFromTheCheckpoint) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path(), .shots = 1, .script = "hang@2:1"};
  const jobs::ShotId shot = rehearsal.plan().shots[0].id;
  StillFarm farm(
      rehearsal,
      worker_command({.run_directory = rehearsal.run_directory(), .checkpoint_every = 0, .parent = getpid()},
                     rehearsal.options()));
  farm.until([&] { return farm.record().step == 2 && farm.steps_kept(shot) == 2; });
  const int hanging = farm.renderer();
  farm.pass_patience();
  farm.until_finished();
  EXPECT_THAT(farm.record().reasons, ElementsAre(HasSubstr("no step")));
  EXPECT_THAT(farm.record().notices,
              ElementsAre(MatchesRegex("worker 1 hangs and is started again \\(it is [a-z].*\\)")));
  EXPECT_EQ(kill(hanging, 0), -1) << "it is gone";
  EXPECT_EQ(farm.summary().done_now, 1);
  ASSERT_TRUE(farm.result(shot));
  EXPECT_EQ(farm.result(shot)->timings.steps_done, rehearsal.steps - 2);
}

TEST(Hang, ARendererThatNeverSaysAWordIsStartedThreeTimes) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path(), .shots = 1};
  StillFarm farm(
      rehearsal,
      {.arguments = {"/bin/sh", "-c", "exec sleep 1000"}, .environment = {}, .log_folder = folder.path()});
  std::set<int> started;
  while (started.size() < 3) {
    farm.until([&] { return farm.renderer() > 0 && !started.contains(farm.renderer()); });
    ASSERT_FALSE(HasFailure());
    started.insert(farm.renderer());
    farm.pass_patience();
  }
  farm.until_finished();
  EXPECT_THAT(farm.record().notices, testing::SizeIs(4)) << "three times it hangs, then it is lost";
  EXPECT_THAT(farm.summary().trouble, HasSubstr("was ended 3 times before it said a word: it hung; see "));
  EXPECT_EQ(farm.summary().left(), 1);
}

}  // namespace
}  // namespace pia::farm
