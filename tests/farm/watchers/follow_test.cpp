// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/follow.hpp"

#include <gtest/gtest.h>

#include "tests/farm/report/story.hpp"

namespace pia::farm {
namespace {

using scheduler::WorkerId;
using tests::Story;

/// What a watcher hears, in short; the minute before each.
class Ear : public Watcher {
 public:
  explicit Ear(const scheduler::TimePoint& now) : now_(now) {}

  void started(const Start& start) override {
    say("starts with " + std::to_string(start.workers) + " workers and " + std::to_string(start.done_before) +
        " done");
  }
  void assigned(WorkerId worker, const jobs::PlannedShot& shot, int attempt) override {
    say(std::to_string(worker.value) + " gets " + shot.name + " (" + std::to_string(attempt) + ")");
  }
  void committed(WorkerId worker, const jobs::PlannedShot& shot, const Made&) override {
    say(std::to_string(worker.value) + " made " + shot.name);
  }
  void stopped(WorkerId, const jobs::PlannedShot& shot, int step) override {
    say(shot.name + " stops at " + std::to_string(step));
  }
  void attempt_failed(WorkerId, const jobs::PlannedShot& shot, int, const std::string&) override {
    say(shot.name + " fails");
  }
  void gave_up(const jobs::PlannedShot& shot, const std::string&) override {
    say(shot.name + " is given up");
  }
  void notice(const std::string&) override { say("notice"); }

  std::string heard;

 private:
  void say(const std::string& words) {
    const auto minute =
        std::chrono::duration_cast<std::chrono::minutes>(now_ - std::chrono::seconds(1'700'000'000));
    heard += std::to_string(minute.count()) + " " + words + "\n";
  }
  const scheduler::TimePoint& now_;
};

TEST(Follower, TellsOfAHardNightAsIfItHadBeenThere) {
  const Story story = tests::a_hard_night();
  scheduler::TimePoint now{0};
  Ear ear(now);
  Follower follower(story.plan(), ear, now);
  follower.take(story.records());
  EXPECT_EQ(ear.heard,
            "1 starts with 3 workers and 0 done\n"
            "5 0 gets dog (1)\n6 1 gets cat (1)\n7 2 gets cow (1)\n8 cat fails\n9 notice\n10 cow stops at 3\n"
            "11 1 gets cow (2)\n"
            "12 starts with 2 workers and 0 done\n"
            "15 0 gets dog (2)\n16 1 gets cat (2)\n17 1 made cat\n18 0 made dog\n19 0 gets cow (3)\n"
            "20 cow fails\n21 cow is given up\n");
  ASSERT_TRUE(follower.finished().has_value());
  EXPECT_EQ(follower.finished()->code, jobs::ExitCode::some_failed);
  const Summary summary = follower.summary();
  EXPECT_EQ(summary.done_now, 2);
  EXPECT_EQ(summary.failures.size(), 1U);
  EXPECT_EQ(summary.left(), 0);
}

TEST(Follower, HearsEachRecordOnceHoweverTheJournalGrows) {
  const Story story = tests::a_hard_night();
  scheduler::TimePoint now{0};
  Ear whole(now);
  Follower(story.plan(), whole, now).take(story.records());
  Ear piecemeal(now);
  Follower follower(story.plan(), piecemeal, now);
  std::vector<storage::Record> records;
  for (const storage::Record& record : story.records()) {
    records.push_back(record);
    follower.take(records);
  }
  EXPECT_EQ(piecemeal.heard, whole.heard);
}

TEST(Follower, OfAnEarlierCommandKnowsOnlyWhatIsDone) {
  Story story;
  story.starts(1).gets(0, "dog").commits("dog").finishes(jobs::ExitCode::run_again).starts(2).gets(1, "cat");
  scheduler::TimePoint now{0};
  Ear ear(now);
  Follower follower(story.plan(), ear, now);
  follower.take(story.records());
  EXPECT_EQ(ear.heard, "5 starts with 2 workers and 1 done\n6 1 gets cat (1)\n");
  EXPECT_FALSE(follower.finished().has_value());
  EXPECT_EQ(follower.summary().left(), 2);
}

TEST(Follower, StepsOverWhatCantBeRead) {
  Story story;
  story.starts(1).breaks("{").breaks("[]").breaks("{\"shot\":7}").gets(0, "dog");
  scheduler::TimePoint now{0};
  Ear ear(now);
  Follower follower(story.plan(), ear, now);
  follower.take(story.records());
  EXPECT_NE(ear.heard.find("0 gets dog"), std::string::npos);
}

}  // namespace
}  // namespace pia::farm
