// SPDX-License-Identifier: Apache-2.0
#include "farm/run_history.hpp"

#include <gtest/gtest.h>

#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using storage::Record;
using storage::RecordType;
using tests::ShotBuilder;

/// A journal, written line by line.
class Story {
 public:
  Story& then(RecordType type, const std::string& payload) {
    records_.push_back({.type = type, .epoch = 1, .sequence = records_.size() + 1, .payload = payload});
    return *this;
  }
  RunHistory folded() const {
    std::vector<std::string> complaints;
    return fold(records_, complaints);
  }
  const std::vector<Record>& records() const { return records_; }

 private:
  std::vector<Record> records_;
};

const jobs::ShotId kShot = ShotBuilder{}.id();

TEST(RunHistory, KeepsTheThreadsOfTheFirstStart) {
  const auto history = Story{}
                           .then(RecordType::run_started, payload_of(RunStarted{.threads = 3}))
                           .then(RecordType::run_started, payload_of(RunStarted{.threads = 8}))
                           .folded();
  EXPECT_EQ(history.threads, 3);
  EXPECT_EQ(history.commands, 2);
}

TEST(RunHistory, CountsFailedAttemptsWithinTheLastCommandOnly) {
  Story story;
  story.then(RecordType::run_started, payload_of(RunStarted{}))
      .then(RecordType::attempt_failed, payload_of_failure(kShot, 1, "crash"))
      .then(RecordType::attempt_failed, payload_of_failure(kShot, 2, "crash"));
  EXPECT_EQ(story.folded().shots.at(kShot).failed_attempts, 2);
  story.then(RecordType::run_started, payload_of(RunStarted{}));
  EXPECT_TRUE(story.folded().shots.empty());
}

TEST(RunHistory, BugRepeatingOneFailedShotForgotTheFailuresOfTheOthers) {
  const jobs::ShotId other = ShotBuilder{}.seed(7).id();
  Story story;
  story.then(RecordType::run_started, payload_of(RunStarted{}));
  for (const jobs::ShotId& shot : {kShot, other}) {
    story.then(RecordType::attempt_failed, payload_of_failure(shot, 1, "crash"))
        .then(RecordType::shot_failed, payload_of_failure(shot, 1, "crash"));
  }
  story.then(RecordType::run_started, payload_of(RunStarted{.only = {kShot}}));
  const RunHistory history = story.folded();
  EXPECT_FALSE(history.shots.contains(kShot)) << "it has fresh attempts";
  ASSERT_TRUE(history.shots.contains(other));
  EXPECT_TRUE(history.shots.at(other).gave_up);
  EXPECT_EQ(history.shots.at(other).reason, "crash");
  EXPECT_EQ(history.only, std::vector{kShot}) << "for the ranks";
}

TEST(RunHistory, ACommandThatChoseMoreShotsThanARecordHoldsMeansAll) {
  const RunStarted many{.only = std::vector<jobs::ShotId>(20'000, kShot)};
  EXPECT_EQ(payload_of(many), payload_of(RunStarted{}));
}

TEST(RunHistory, AReasonThatARendererMadeTooLongStillFitsIntoARecord) {
  const std::string endless(std::size_t{3} << 20U, '\1');
  EXPECT_LT(payload_of_failure(kShot, 1, endless).size(), std::size_t{1} << 20U);
  EXPECT_LT(payload_of(RunFinished{.trouble = endless}).size(), std::size_t{1} << 20U);
}

TEST(RunHistory, GenerationsAndRequeuesOfACommandGiveNoFreshAttempts) {
  Story story;
  story.then(RecordType::run_started, payload_of(RunStarted{}))
      .then(RecordType::attempt_failed, payload_of_failure(kShot, 1, "crash"))
      .then(RecordType::run_started, payload_of(RunStarted{.command = RunStarted::Command::goes_on}))
      .then(RecordType::attempt_failed, payload_of_failure(kShot, 2, "crash"));
  EXPECT_EQ(story.folded().shots.at(kShot).failed_attempts, 2);
  EXPECT_EQ(story.folded().commands, 1);
}

TEST(RunHistory, OnlyTheLastStartTellsItsEnd) {
  Story story;
  story.then(RecordType::run_started, payload_of(RunStarted{}))
      .then(RecordType::run_finished,
            payload_of(RunFinished{.code = jobs::ExitCode::run_again, .drained = true, .trouble = "why"}));
  const auto finished = story.folded().finished;
  ASSERT_TRUE(finished.has_value());
  EXPECT_EQ(finished->code, jobs::ExitCode::run_again);
  EXPECT_TRUE(finished->drained);
  EXPECT_EQ(finished->trouble, "why");
  story.then(RecordType::run_started, payload_of(RunStarted{.command = RunStarted::Command::goes_on}));
  EXPECT_FALSE(story.folded().finished.has_value());
}

TEST(RunHistory, RemembersCommitsOverAllCommands) {
  const auto history = Story{}
                           .then(RecordType::run_started, payload_of(RunStarted{}))
                           .then(RecordType::shot_committed, payload_of_commit(kShot, 1234, 0.5))
                           .then(RecordType::run_started, payload_of(RunStarted{}))
                           .folded();
  EXPECT_EQ(history.committed.at(kShot), 1234U);
}

TEST(RunHistory, KnowsWhatTheLastCommitMeasured) {
  Story story;
  story.then(RecordType::run_started, payload_of(RunStarted{}))
      .then(RecordType::shot_committed, payload_of_commit(kShot, 1, jobs::Timings{}, {.motion = 2}))
      .then(RecordType::shot_committed,
            payload_of_commit(kShot, 1, jobs::Timings{}, {.psnr = 30.5, .flicker = 0.25}))
      .then(RecordType::run_started, payload_of(RunStarted{}));
  EXPECT_EQ(story.folded().measures.at(kShot), (jobs::Measures{.psnr = 30.5, .flicker = 0.25}));
  story.then(RecordType::shot_committed, payload_of_commit(kShot, 1, jobs::Timings{}));
  EXPECT_TRUE(story.folded().measures.empty()) << "it was rendered again, and not measured";
}

TEST(RunHistory, TakesCommitsWithoutMeasuresAndWithStrangeOnes) {
  const std::string shot = R"({"shot":")" + to_hex(kShot) + R"(","size":5)";
  EXPECT_EQ(payload_of_commit(kShot, 1, jobs::Timings{}).find("measures"), std::string::npos);
  for (const char* rest : {"}", R"(,"measures":7})", R"(,"measures":{"psnr":"a","beauty":1,"motion":-1}})"}) {
    const auto history = Story{}.then(RecordType::shot_committed, shot + rest).folded();
    EXPECT_EQ(history.committed.at(kShot), 5U) << rest;
    EXPECT_TRUE(history.measures.empty()) << rest;
  }
}

TEST(RunHistory, SkipsPayloadsThatAreNoJson) {
  const auto story = Story{}
                         .then(RecordType::run_started, "{")
                         .then(RecordType::shot_committed, "[]")
                         .then(RecordType::shot_committed, R"({"shot": 7})")
                         .then(RecordType::shot_committed, payload_of_commit(kShot, 5, 0.5));
  std::vector<std::string> complaints;
  const RunHistory history = fold(story.records(), complaints);
  EXPECT_EQ(complaints.size(), 3U);
  EXPECT_EQ(history.committed.size(), 1U);
  EXPECT_EQ(history.next_sequence, 5U);
}

TEST(RunHistory, KnowsWithinOneCommandWhoRanOutOfMemory) {
  Story story;
  story.then(RecordType::run_started, payload_of(RunStarted{}))
      .then(RecordType::attempt_failed, blaming_memory(payload_of_failure(kShot, 1, "killed")))
      .then(RecordType::attempt_failed, payload_of_failure(kShot, 2, "crash"))
      .then(RecordType::run_started, payload_of(RunStarted{.command = RunStarted::Command::goes_on}));
  EXPECT_TRUE(story.folded().shots.at(kShot).out_of_memory);
  story.then(RecordType::run_started, payload_of(RunStarted{}))
      .then(RecordType::attempt_failed, payload_of_failure(kShot, 1, "crash"));
  EXPECT_FALSE(story.folded().shots.at(kShot).out_of_memory);
}

TEST(RunHistory, KeepsTheStrikesOfAGpuWithinOneCommand) {
  const std::string strike = blaming_gpu_of(payload_of_failure(kShot, 1, "Xid 79"), 3);
  Story story;
  story.then(RecordType::run_started, payload_of(RunStarted{}))
      .then(RecordType::worker_known, payload_of_worker(3, "node07", "1"))
      .then(RecordType::attempt_failed, strike)
      .then(RecordType::attempt_failed, payload_of_failure(kShot, 2, "crash"))
      .then(RecordType::run_started, payload_of(RunStarted{.command = RunStarted::Command::goes_on}));
  EXPECT_EQ(story.folded().gpus.at({"node07", "1"}).strikes, std::set{kShot});
  // Workers have other numbers now.
  story.then(RecordType::attempt_failed, strike);
  EXPECT_EQ(story.folded().gpus.size(), 1U);
  story.then(RecordType::worker_known, payload_of_worker(0, "node07", "1"))
      .then(RecordType::worker_rested, payload_of(WorkerTrouble{.worker = 0, .reason = "its GPU"}));
  EXPECT_TRUE(story.folded().gpus.at({"node07", "1"}).rested);
  EXPECT_TRUE(story.folded().gpus.at({"node07", "1"}).strikes.empty());
  story.then(RecordType::shot_assigned, payload_of_shot(kShot, 0, 3));
  EXPECT_FALSE(story.folded().gpus.at({"node07", "1"}).rested);
  story.then(RecordType::run_started, payload_of(RunStarted{}));
  EXPECT_TRUE(story.folded().gpus.empty());
}

}  // namespace
}  // namespace pia::farm
