// SPDX-License-Identifier: Apache-2.0
// Workers in other processes that fall silent, and those that come back.
#include <gtest/gtest.h>

#include "farm/coordinator.hpp"
#include "farm/run_rules.hpp"
#include "tests/farm/rehearsal.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::farm {
namespace {

using scheduler::WorkerId;
using std::chrono::seconds;

/// Four workers that a test plays, and a clock that it turns, a second at a time.
class FarmOfFour {
 public:
  explicit FarmOfFour(int shots = 4, int tolerated = 1, const Coordinator::Found& found = {})
      : plan_(plan_of(shots)), tolerated_(tolerated) {
    coordinator_.begin(found, now_);
  }

  void say(int worker, const Message& message) {
    transport_.worker({worker}).send(message);
    coordinator_.pump(now_);
  }
  void all_are_ready() {
    for (int i = 0; i < 4; ++i) {
      say(i, Alive{.host = "node" + std::to_string(i), .gpu = ""});
      say(i, Ready{.first = true, .resident_model = ""});
    }
  }
  /// All but these say that they live.
  void pass(seconds time, const std::set<int>& silent = {}) {
    for (seconds passed{0}; passed < time; ++passed) {
      now_ += seconds(1);
      for (int i = 0; i < 4; ++i) {
        if (!silent.contains(i)) transport_.worker({i}).send(Alive{});
      }
      coordinator_.pump(now_);
    }
  }
  /// The coordinator itself is held up.
  void stand_still(seconds time) {
    now_ += time;
    coordinator_.pump(now_);
  }

  std::vector<Message> got(int worker) {
    std::vector<Message> all;
    while (auto message = transport_.worker({worker}).receive()) all.push_back(std::move(*message));
    return all;
  }
  /// The shot and the attempt that it was handed last.
  std::optional<RenderShot> handed_to(int worker) {
    std::optional<RenderShot> last;
    for (const Message& message : got(worker)) {
      if (const auto* render = std::get_if<RenderShot>(&message)) last = *render;
    }
    return last;
  }
  RunHistory history() {
    std::vector<std::string> complaints;
    return fold(storage::replay(disk_, "/run").records, complaints);
  }
  int journaled(storage::RecordType type) {
    const auto records = storage::replay(disk_, "/run").records;
    return static_cast<int>(
        std::count_if(records.begin(), records.end(), [&](const auto& one) { return one.type == type; }));
  }
  Coordinator& coordinator() { return coordinator_; }

 private:
  static jobs::Plan plan_of(int shots) {
    jobs::Plan plan;
    for (int i = 0; i < shots; ++i) {
      plan.shots.push_back(tests::ShotBuilder{}.seed(static_cast<std::uint64_t>(i)).planned());
    }
    return plan;
  }

  tests::MemoryFileOps disk_;
  const jobs::Plan plan_;
  int tolerated_;
  InProcessTransport transport_{4};
  storage::Journal journal_{disk_, "/run", 1, 1};
  storage::ShotStore store_{disk_, "/run"};
  Watcher watcher_;
  scheduler::TimePoint now_{seconds(1000)};
  Coordinator coordinator_{{.plan = plan_,
                            .workers = transport_.coordinator(),
                            .journal = journal_,
                            .store = store_,
                            .watcher = watcher_,
                            .epoch = 1,
                            .worker_count = 4,
                            .silence = seconds(30),
                            .losses_tolerated = tolerated_,
                            .wall_at_zero = 1.7e9},
                           scheduler::Policy{}};
};

TEST(LostWorker, AWorkerThatFallsSilentIsGivenUpAndItsShotGoesBack) {
  FarmOfFour farm(4);
  farm.all_are_ready();
  const auto lost = farm.handed_to(3);
  ASSERT_TRUE(lost.has_value());
  farm.got(2);
  farm.pass(seconds(30), {3});
  EXPECT_TRUE(farm.coordinator().silent_workers().empty());
  farm.pass(seconds(1), {3});
  EXPECT_EQ(farm.coordinator().silent_workers(), std::set<WorkerId>{{3}});
  farm.say(2, Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(farm.history().silent_workers, std::set<int>{3});
}

TEST(LostWorker, ASilentWorkerCostsItsShotNoAttempt) {
  FarmOfFour farm(1);
  farm.all_are_ready();
  farm.pass(seconds(31), {0});
  EXPECT_EQ(farm.coordinator().silent_workers(), std::set<WorkerId>{{0}});
  std::optional<RenderShot> again;
  for (int i = 1; i < 4 && !again; ++i) again = farm.handed_to(i);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->attempt, 2);
  EXPECT_EQ(farm.journaled(storage::RecordType::attempt_failed), 0);
  EXPECT_EQ(farm.journaled(storage::RecordType::worker_lost), 1);
}

TEST(LostWorker, OneThatComesBackIsToldToKillItsRendererAndNotListenedTo) {
  FarmOfFour farm(1);
  farm.all_are_ready();
  const auto task = farm.handed_to(0);
  ASSERT_TRUE(task.has_value());
  farm.pass(seconds(31), {0});
  const auto letters = farm.got(0);
  ASSERT_EQ(letters.size(), 2U);
  const auto* kill = std::get_if<KillRenderer>(&letters[0]);
  ASSERT_NE(kill, nullptr);
  EXPECT_EQ(kill->shot, task->shot.id);
  EXPECT_TRUE(std::holds_alternative<Quit>(letters[1]));
  farm.say(0, ShotCommitted{task->shot.id, task->attempt, 4096, {}});
  farm.say(0, Ready{.first = true, .resident_model = ""});
  farm.pass(seconds(5));
  EXPECT_TRUE(farm.got(0).empty());
  EXPECT_EQ(farm.journaled(storage::RecordType::shot_committed), 0);
  EXPECT_EQ(farm.coordinator().summary().done_now, 0);
}

TEST(LostWorker, NobodyIsLostWhileTheCoordinatorIsHeldUp) {
  FarmOfFour farm(4);
  farm.all_are_ready();
  for (int i = 0; i < 10; ++i) farm.stand_still(std::chrono::minutes(2));
  EXPECT_TRUE(farm.coordinator().silent_workers().empty());
  EXPECT_EQ(farm.journaled(storage::RecordType::attempt_failed), 0) << "nor does a shot hang meanwhile";
}

TEST(LostWorker, OneThatWaitsForADiskToStartItsRendererIsNotLost) {
  FarmOfFour farm(4);
  farm.all_are_ready();
  farm.say(2, MayBeSilent{});
  farm.pass(seconds(600), {2});
  EXPECT_TRUE(farm.coordinator().silent_workers().empty());
}

TEST(LostWorker, AFarmThatLosesMoreThanItToleratesStopsToBeginAgain) {
  FarmOfFour farm(40);
  farm.all_are_ready();
  std::vector<RenderShot> tasks;
  for (int i = 0; i < 4; ++i) tasks.push_back(farm.handed_to(i).value());
  farm.pass(seconds(31), {2});
  EXPECT_FALSE(farm.coordinator().summary().drained);
  farm.pass(seconds(31), {2, 3});
  EXPECT_TRUE(farm.coordinator().summary().drained);
  for (int i = 0; i < 2; ++i)
    farm.say(i, ShotStopped{tasks[static_cast<std::size_t>(i)].shot.id,
                            tasks[static_cast<std::size_t>(i)].attempt, 1});
  EXPECT_TRUE(farm.coordinator().finished());
  const RunFinished end = end_of(farm.coordinator().summary());
  EXPECT_FALSE(end.drained);
  EXPECT_EQ(end.code, jobs::ExitCode::unavailable);
  EXPECT_EQ(end.trouble, "2 of 4 workers are lost; the farm begins again without them");
}

TEST(LostWorker, AStopThatAPersonAskedForStaysOne) {
  FarmOfFour farm(40);
  farm.all_are_ready();
  farm.coordinator().drain(seconds(1000));
  farm.pass(seconds(31), {1, 2, 3});
  EXPECT_EQ(farm.coordinator().summary().trouble, "");
  EXPECT_TRUE(end_of(farm.coordinator().summary()).drained);
}

TEST(LostWorker, OneThatCannotStartItsRendererCostsItsShotNoAttempt) {
  FarmOfFour farm(1);
  farm.all_are_ready();
  farm.say(0, WorkerLost{"no program"});
  std::optional<RenderShot> again;
  for (int i = 1; i < 4 && !again; ++i) again = farm.handed_to(i);
  EXPECT_TRUE(again.has_value());
  EXPECT_EQ(farm.journaled(storage::RecordType::attempt_failed), 0);
  EXPECT_TRUE(farm.history().silent_workers.empty());
}

TEST(LostWorker, TheJournalKnowsWhereEachWorkerIs) {
  FarmOfFour farm(4);
  farm.all_are_ready();
  farm.pass(seconds(10));
  EXPECT_EQ(farm.journaled(storage::RecordType::worker_known), 4);
}

// Bug: a GPU that rested went to work again in the next generation.
TEST(Strikes, OfAGpuSurviveTheGeneration) {
  RunHistory left;
  {
    FarmOfFour farm(20);
    farm.all_are_ready();
    for (int i = 0; i < 3; ++i) {
      const auto shot = farm.handed_to(2);
      ASSERT_TRUE(shot.has_value());
      farm.say(2, ShotFailed{shot->shot.id, shot->attempt, scheduler::FailureKind::device, "Xid 79"});
      farm.say(2, Ready{.first = true, .resident_model = ""});
    }
    EXPECT_EQ(farm.handed_to(2), std::nullopt);
    left = farm.history();
  }
  EXPECT_TRUE(left.gpus.at({"node2", ""}).rested);
  FarmOfFour next(20, 1, {.done = {}, .without_videos = {}, .gpus = left.gpus});
  next.all_are_ready();
  EXPECT_EQ(next.handed_to(2), std::nullopt);
  EXPECT_NE(next.handed_to(3), std::nullopt);
  EXPECT_EQ(next.journaled(storage::RecordType::worker_rested), 1);
}

TEST(Memory, AShotThatRanOutOfItGoesLastInTheNextGenerationToo) {
  RunHistory left;
  jobs::ShotId shot;
  {
    FarmOfFour farm(5);
    farm.all_are_ready();
    const auto task = farm.handed_to(2);
    ASSERT_TRUE(task.has_value());
    shot = task->shot.id;
    farm.say(2, ShotFailed{shot, task->attempt, scheduler::FailureKind::memory, "killed"});
    left = farm.history();
  }
  ASSERT_TRUE(left.shots.at(shot).out_of_memory);
  FarmOfFour next(5, 1, {.done = {}, .without_videos = {}, .spent = {{shot, 1, false, "killed", true}}});
  next.all_are_ready();
  for (int worker = 0; worker < 4; ++worker) {
    const auto task = next.handed_to(worker);
    ASSERT_TRUE(task.has_value()) << worker;
    EXPECT_NE(task->shot.id, shot) << worker;
  }
}

}  // namespace
}  // namespace pia::farm
