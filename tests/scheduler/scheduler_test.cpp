// SPDX-License-Identifier: Apache-2.0
#include "scheduler/scheduler.hpp"

#include <gtest/gtest.h>

#include "tests/scheduler/stage.hpp"

namespace pia::scheduler {
namespace {

using tests::Cast;
using tests::Stage;

TEST(Scheduler, GivesAReadyWorkerAShotAndSendsItHomeAfterTheLast) {
  Stage stage;
  EXPECT_EQ(stage.submit({{.name = "dog"}}), "");
  EXPECT_EQ(stage.ready(1), "1 renders dog (1)");
  EXPECT_EQ(stage.step(1, "dog", 25), "");
  EXPECT_FALSE(stage.scheduler.finished());
  EXPECT_EQ(stage.committed(1, "dog"), "");
  EXPECT_TRUE(stage.scheduler.finished());
  EXPECT_EQ(stage.ready(1, "tiny"), "1 goes home");
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.done = 1}));
}

TEST(Scheduler, KeepsWorkersThatComeBeforeThePlan) {
  Stage stage;
  EXPECT_EQ(stage.ready(1), "");
  EXPECT_FALSE(stage.scheduler.finished());
  EXPECT_EQ(stage.submit({{.name = "dog"}}), "1 renders dog (1)");
}

TEST(Scheduler, IsFinishedAfterAnEmptyPlan) {
  Stage stage;
  stage.ready(1);
  EXPECT_EQ(stage.submit({}), "1 goes home");
  EXPECT_TRUE(stage.scheduler.finished());
}

TEST(Scheduler, ABusyWorkerGetsNothingUntilItIsReadyAgain) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  EXPECT_EQ(stage.committed(1, "dog"), "");
  EXPECT_EQ(stage.ready(1, "tiny"), "1 renders cat (1)");
}

TEST(Scheduler, IdleWorkersWithTheModelComeFirst) {
  Stage stage;
  stage.ready(1, "photo");
  stage.ready(2, "anime");
  EXPECT_EQ(stage.submit({{.name = "dog", .model = "anime"}, {.name = "cat", .model = "photo"}}),
            "1 renders cat (1), 2 renders dog (1)");
}

TEST(Scheduler, AKnownIdIsSubmittedOnce) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "dog"}});
  stage.submit({{.name = "dog"}});
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.waiting = 1}));
}

TEST(Scheduler, AShotFoundDoneIsNotRendered) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.found("dog");
  EXPECT_EQ(stage.ready(1), "1 renders cat (1)");
  EXPECT_EQ(stage.ready(2), "");
}

TEST(Scheduler, AShotFoundDoneWhileItRunsIsStopped) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  EXPECT_EQ(stage.found("dog"), "1 stops dog");
  EXPECT_EQ(stage.stopped(1, "dog"), "");
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.done = 1}));
  EXPECT_EQ(stage.ready(1), "1 goes home");
}

TEST(Scheduler, AGivenUpShotThatIsFoundIsDone) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  stage.failed(1, "dog", 1, FailureKind::input);
  stage.found("dog");
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.done = 1}));
}

TEST(Scheduler, AFailedShotIsRetriedOnAnotherWorker) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  stage.ready(2);
  EXPECT_EQ(stage.failed(1, "dog"), "2 renders dog (2)");
}

TEST(Scheduler, AWorkerAloneRetriesItself) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  EXPECT_EQ(stage.failed(1, "dog"), "");
  EXPECT_EQ(stage.ready(1), "1 renders dog (2)");
}

TEST(Scheduler, AWorkerRetriesItselfOnceTheOthersAreGone) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  stage.ready(2);
  stage.failed(1, "dog");
  EXPECT_EQ(stage.ready(1), "");
  EXPECT_EQ(stage.gone(2), "1 renders dog (2)");
  EXPECT_EQ(stage.committed(1, "dog", 2), "");
  EXPECT_EQ(stage.ready(1), "1 renders cat (2)");
}

TEST(Scheduler, AShotIsGivenUpAfterThreeAttempts) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  EXPECT_EQ(stage.failed(1, "dog", 1), "");
  stage.ready(1);
  EXPECT_EQ(stage.failed(1, "dog", 2), "");
  stage.ready(1);
  EXPECT_EQ(stage.failed(1, "dog", 3, FailureKind::device), "dog is given up after 3");
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.failed = 1}));
  EXPECT_TRUE(stage.scheduler.finished());
}

TEST(Scheduler, ABadInputIsNotRetried) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  EXPECT_EQ(stage.failed(1, "dog", 1, FailureKind::input), "dog is given up after 1");
}

TEST(Scheduler, AFailureDoesNotDelayTheOthers) {
  Stage stage;
  stage.submit({{.name = "dog", .cost = 9}, {.name = "cat"}});
  stage.ready(1);
  stage.failed(1, "dog", 1, FailureKind::input);
  EXPECT_EQ(stage.ready(1), "1 renders cat (1)");
}

TEST(Scheduler, AttemptsBeforeARestartCount) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  EXPECT_EQ(stage.spent("dog", 2), "");
  EXPECT_EQ(stage.spent("dog", 1), "");
  EXPECT_EQ(stage.spent("cat", 3), "cat is given up after 3");
  EXPECT_EQ(stage.ready(1), "1 renders dog (3)");
  EXPECT_EQ(stage.failed(1, "dog", 3), "dog is given up after 3");
}

TEST(Scheduler, ALostWorkersShotWaitsAgainAndTheAttemptCounts) {
  Stage stage(Policy{.max_attempts = 2});
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  EXPECT_EQ(stage.gone(1), "");
  EXPECT_EQ(stage.ready(2), "2 renders dog (2)");
  EXPECT_EQ(stage.gone(2), "dog is given up after 2");
}

TEST(Scheduler, ALostWorkerDoesNotComeBack) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.gone(1);
  EXPECT_EQ(stage.ready(1), "");
  EXPECT_EQ(stage.ready(2), "2 renders dog (1)");
}

TEST(Scheduler, AStoppedAttemptIsNoFailureAndItsNumberIsNotUsedAgain) {
  Stage stage(Policy{.max_attempts = 1});
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  EXPECT_EQ(stage.stopped(1, "dog"), "");
  EXPECT_EQ(stage.ready(1), "1 renders dog (2)");
}

TEST(Scheduler, ADrainStopsWhatRunsAndStartsNothing) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}, {.name = "cow"}});
  stage.ready(1);
  stage.ready(2);
  EXPECT_EQ(stage.drain(), "1 stops dog, 2 stops cat");
  EXPECT_EQ(stage.drain(), "");
  EXPECT_EQ(stage.submit({{.name = "pig"}}), "");
  EXPECT_EQ(stage.ready(3), "3 goes home");
  EXPECT_EQ(stage.stopped(1, "dog"), "");
  EXPECT_FALSE(stage.scheduler.finished());
  EXPECT_EQ(stage.ready(1), "1 goes home");
  EXPECT_EQ(stage.committed(2, "cat"), "");
  EXPECT_TRUE(stage.scheduler.finished());
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.waiting = 2, .done = 1}));
}

TEST(Scheduler, ADrainSendsIdleWorkersHome) {
  Stage stage;
  stage.ready(1);
  EXPECT_EQ(stage.drain(), "1 goes home");
  EXPECT_TRUE(stage.scheduler.finished());
}

TEST(Scheduler, AHungShotEndsADrainToo) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  stage.drain();
  EXPECT_EQ(stage.tick_after(601), "1 is killed at dog");
  EXPECT_TRUE(stage.scheduler.finished());
}

TEST(Scheduler, AnIdleWorkerWaitsForShotsThatMayComeBack) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  EXPECT_EQ(stage.ready(2), "");
  EXPECT_EQ(stage.failed(1, "dog"), "2 renders dog (2)");
  EXPECT_EQ(stage.ready(1), "");
  EXPECT_EQ(stage.committed(2, "dog", 2), "1 goes home");
}

TEST(Scheduler, StaysWithItsModelButNotForEver) {
  Stage stage(Policy{.model_patience = 3});
  std::vector<Cast> shots;
  for (int i = 0; i < 9; ++i) shots.push_back({.name = "anime " + std::to_string(i), .model = "anime"});
  shots.push_back({.name = "photo", .model = "photo"});
  stage.submit(shots);
  std::vector<std::string> starts;
  for (int i = 0; i < 10; ++i) {
    const std::string model = i == 4 ? "photo" : "anime";
    starts.push_back(stage.ready(1, i == 0 ? "" : model));
    stage.committed(1, i == 3 ? "photo" : "anime " + std::to_string(i < 3 ? i : i - 1));
  }
  EXPECT_EQ(starts[2], "1 renders anime 2 (1)");
  EXPECT_EQ(starts[3], "1 renders photo (1)");
  EXPECT_EQ(starts[4], "1 renders anime 3 (1)");
  EXPECT_EQ(starts[9], "1 renders anime 8 (1)");
}

TEST(Scheduler, AModelThatGetsItsTurnMayKeepItForAsLong) {
  Stage stage(Policy{.model_patience = 2});
  std::vector<Cast> shots;
  for (int i = 0; i < 4; ++i) {
    for (const std::string model : {"a", "b", "c"}) {
      shots.push_back({.name = model + std::to_string(i), .model = model});
    }
  }
  stage.submit(shots);
  std::string order;
  std::string resident;
  for (std::size_t i = 0; i < shots.size(); ++i) {
    const std::string said = stage.ready(1, resident);
    const std::string name = said.substr(std::string("1 renders ").size(), 2);
    resident = name.substr(0, 1);
    order += resident;
    stage.committed(1, name);
  }
  EXPECT_EQ(order, "aabbccaabbcc");
}

TEST(Scheduler, TwoWorkersShareTheModelsOut) {
  Stage stage;
  stage.submit({{.name = "a", .model = "anime", .cost = 3},
                {.name = "b", .model = "anime", .cost = 2},
                {.name = "c", .model = "photo", .cost = 2.9}});
  EXPECT_EQ(stage.ready(1), "1 renders a (1)");
  EXPECT_EQ(stage.ready(2), "2 renders c (1)");
}

TEST(Scheduler, ARetryGoesToTheIdleWorkerThatHoldsItsModel) {
  Stage stage;
  stage.submit({{.name = "a", .model = "anime"}});
  stage.ready(1);
  stage.ready(2, "photo");
  stage.ready(3, "anime");
  EXPECT_EQ(stage.failed(1, "a"), "3 renders a (2)");
}

TEST(Scheduler, HandlesAMillionfoldReason) {
  Stage stage(Policy{.max_attempts = 1});
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  ShotFailed failed{.worker = {1}, .shot = tests::shot_named("dog"), .attempt = 1};
  failed.reason = std::string(1000000, 'x');
  EXPECT_EQ(stage.tell(failed), "dog is given up after 1");
}

TEST(SchedulerDeathTest, NeedsAtLeastOneAttempt) {
  EXPECT_DEATH(Scheduler(Policy{.max_attempts = 0}), "internal error");
}

}  // namespace
}  // namespace pia::scheduler
