// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scheduler/scheduler.hpp"
#include "tests/scheduler/stage.hpp"

namespace pia::scheduler {
namespace {

using tests::Stage;

/// Worker 1 renders "dog" and has done `steps` steps of `seconds` each.
Stage after_steps(int steps, double seconds) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  for (int step = 1; step <= steps; ++step) {
    stage.pass(seconds);
    stage.step(1, "dog", step);
  }
  return stage;
}

TEST(Hang, LoadingMayTakeTenMinutes) {
  Stage stage = after_steps(0, 0);
  EXPECT_EQ(stage.tick_after(600), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, LoadingMayTakeTenMinutesEvenIfTheModelIsKnownToBeFast) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  stage.step(1, "dog", 1);
  stage.pass(1);
  stage.step(1, "dog", 2);
  stage.committed(1, "dog");
  stage.ready(1, "tiny");
  EXPECT_EQ(stage.tick_after(600), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at cat");
}

TEST(Hang, UntilASpeedIsKnownAStepMayTakeAsLongAsLoading) {
  Stage stage = after_steps(1, 1);
  EXPECT_EQ(stage.tick_after(600), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, FastStepsMayPauseForAMinute) {
  Stage stage = after_steps(5, 0.5);
  EXPECT_EQ(stage.tick_after(60), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, SlowStepsMayPauseForTenOfThem) {
  Stage stage = after_steps(5, 20);
  EXPECT_EQ(stage.tick_after(200), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, OneSlowStepIsNotTheMeasure) {
  Stage stage = after_steps(5, 1);
  stage.pass(59);
  stage.step(1, "dog", 6);
  EXPECT_EQ(stage.tick_after(61), "1 is killed at dog");
}

TEST(Hang, TheSameStepAgainIsNoProgress) {
  Stage stage = after_steps(5, 1);
  stage.pass(40);
  stage.step(1, "dog", 5);
  stage.step(1, "dog", 4);
  EXPECT_EQ(stage.tick_after(21), "1 is killed at dog");
}

TEST(Hang, AStepBeyondTheLastIsNoProgress) {
  Stage stage = after_steps(5, 1);
  stage.pass(40);
  stage.step(1, "dog", 26);
  stage.step(1, "dog", 2147483647);
  EXPECT_EQ(stage.tick_after(21), "1 is killed at dog");
}

TEST(Hang, StepsOfAnotherAttemptAreNoProgress) {
  Stage stage = after_steps(5, 1);
  stage.pass(40);
  stage.step(1, "dog", 6, 2);
  stage.step(2, "dog", 6);
  EXPECT_EQ(stage.tick_after(21), "1 is killed at dog");
}

TEST(Hang, SkippedStepsShareTheTime) {
  Stage stage = after_steps(1, 1);
  stage.pass(100);
  stage.step(1, "dog", 11);
  EXPECT_EQ(stage.tick_after(100), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, TheShotGoesToAnotherWorkerAtOnceAndTheKilledOneIsBusyUntilReady) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  stage.pass(601);
  stage.ready(2);
  EXPECT_EQ(stage.tick_after(0), "1 is killed at dog");
  EXPECT_EQ(stage.committed(2, "cat"), "");
  EXPECT_EQ(stage.ready(2), "2 renders dog (2)");
  EXPECT_EQ(stage.committed(1, "dog", 1), "");
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.running = 1, .done = 1}));
}

TEST(Hang, EachHangDoublesTheNextLimit) {
  Stage stage = after_steps(0, 0);
  EXPECT_EQ(stage.tick_after(601), "1 is killed at dog");
  stage.ready(1);
  EXPECT_EQ(stage.tick_after(1200), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
  stage.ready(1);
  EXPECT_EQ(stage.tick_after(2401), "1 is killed at dog, dog is given up after 3");
  EXPECT_EQ(stage.explain("dog"), "failed after 3 attempts: no step for 2401 s");
}

TEST(Hang, TheModelsSpeedIsKnownFromShotsBefore) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  for (int step = 1; step <= 3; ++step) {
    stage.pass(100);
    stage.step(1, "dog", step);
  }
  stage.committed(1, "dog");
  stage.ready(1, "tiny");
  EXPECT_EQ(stage.tick_after(1000), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at cat");
}

TEST(Hang, AnAttemptThatWaitsForTheDiskIsLeftAlone) {
  Stage stage = after_steps(25, 1);
  for (int i = 0; i < 10; ++i) {
    stage.pass(50);
    EXPECT_EQ(stage.awaits_disk(1, "dog"), "");
  }
  EXPECT_EQ(stage.tick_after(60), "");
  EXPECT_EQ(stage.awaits_disk(2, "dog"), "");
  EXPECT_EQ(stage.awaits_disk(1, "dog", 2), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, WaitingForTheDiskIsNoStep) {
  Stage stage = after_steps(1, 1);
  stage.pass(300);
  stage.awaits_disk(1, "dog");
  EXPECT_EQ(stage.tick_after(600), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, BetweenTheWindowsOfAStepThereIsLife) {
  Stage stage = after_steps(5, 1);
  for (int i = 0; i < 10; ++i) {
    stage.pass(50);
    EXPECT_EQ(stage.is_in_a_step(1, "dog"), "");
  }
  EXPECT_EQ(stage.tick_after(60), "");
  EXPECT_EQ(stage.is_in_a_step(2, "dog"), "");
  EXPECT_EQ(stage.is_in_a_step(1, "dog", 2), "");
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, SignsFromWithinAStepDontShortenIt) {
  Stage stage = after_steps(1, 1);
  for (int i = 0; i < 10; ++i) {
    stage.pass(10);
    stage.is_in_a_step(1, "dog");
  }
  stage.step(1, "dog", 2);
  EXPECT_EQ(stage.tick_after(1000), "") << "ten steps of 100 s";
  EXPECT_EQ(stage.tick_after(1), "1 is killed at dog");
}

TEST(Hang, AClockThatGoesBackwardsKillsNobody) {
  Stage stage = after_steps(5, 1);
  stage.now = TimePoint(-1000000000000);
  EXPECT_EQ(stage.tick_after(0), "");
  stage.step(1, "dog", 6);
  stage.now = TimePoint(60000000000);
  EXPECT_EQ(stage.tick_after(0), "");
}

}  // namespace
}  // namespace pia::scheduler
