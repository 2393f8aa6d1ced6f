// SPDX-License-Identifier: Apache-2.0
#include "slurm/generation.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <vector>

#include "slurm/drain.hpp"
#include "slurm/takeover.hpp"

namespace pia::slurm {
namespace {

using jobs::ExitCode;
using std::chrono::seconds;
using testing::HasSubstr;
using Ask = RequeueAnswer::Ask;
using Next = Verdict::Next;

GenerationEnd killed(Kept kept) {
  return {.how = "srun exited with status 137", .kept = kept};
}

TEST(Generations, ARunThatIsOverIsOver) {
  for (const ExitCode code : {ExitCode::all_done, ExitCode::some_failed, ExitCode::bad_input}) {
    Generations generations;
    const Verdict verdict = judge(generations, {.said = code, .how = "srun exited with status 137"});
    EXPECT_EQ(verdict.next, Next::stop);
    EXPECT_EQ(verdict.code, code);
    EXPECT_EQ(verdict.sentence, "");
  }
}

TEST(Generations, OneThatWasCutOffIsFollowedByAnother) {
  Generations generations;
  const Verdict verdict = judge(generations, killed({.shots = 1}));
  EXPECT_EQ(verdict.next, Next::relaunch);
  EXPECT_EQ(generations.number, 2);
  EXPECT_THAT(verdict.sentence, HasSubstr("srun exited with status 137"));
}

TEST(Generations, AnExitCodeOfSrunProvesNothing) {
  Generations generations;
  EXPECT_EQ(judge(generations, {.how = "srun exited with status 0"}).next, Next::relaunch);
}

TEST(Generations, ThreeInARowWithoutProgressEndWithTheReason) {
  Generations generations;
  EXPECT_EQ(judge(generations, killed({})).next, Next::relaunch);
  EXPECT_EQ(judge(generations, killed({})).next, Next::relaunch);
  GenerationEnd last = killed({});
  last.said = ExitCode::unavailable;
  last.trouble = "the renderer can't be started";
  const Verdict verdict = judge(generations, last);
  EXPECT_EQ(verdict.next, Next::stop);
  EXPECT_EQ(verdict.code, ExitCode::internal);
  EXPECT_THAT(verdict.sentence, HasSubstr("the renderer can't be started"));
  EXPECT_THAT(verdict.sentence, HasSubstr("3 generations"));
}

TEST(Generations, ACommitOrAStepFurtherOnIsProgress) {
  Generations generations{.kept = {.shots = 1, .steps = 40}};
  for (const Kept kept : {Kept{1, 41}, Kept{2, 0}, Kept{2, 1}, Kept{2, 2}, Kept{3, 0}}) {
    EXPECT_EQ(judge(generations, killed(kept)).next, Next::relaunch);
    EXPECT_EQ(generations.fruitless, 0);
  }
}

TEST(Generations, FewerStepsAreNone) {
  Generations generations{.fruitless = 2, .kept = {.shots = 1, .steps = 40}};
  EXPECT_EQ(judge(generations, killed({1, 39})).next, Next::stop);
}

GenerationEnd never_begun() {
  return {.how = "srun exited with status 1", .began = false};
}

TEST(Generations, OnesThatSlurmDoesNotLaunchAreTriedAgainForAWhile) {
  Generations generations;
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 7; ++i) {
    const Verdict verdict = judge(generations, never_begun());
    EXPECT_EQ(verdict.next, Next::relaunch);
    pauses.push_back(verdict.pause.count());
  }
  EXPECT_THAT(pauses, testing::ElementsAre(1, 2, 4, 8, 8, 8, 8));
  const Verdict last = judge(generations, never_begun());
  EXPECT_EQ(last.next, Next::stop);
  EXPECT_EQ(last.code, ExitCode::internal);
  EXPECT_THAT(last.sentence, HasSubstr("8 generations in a row did not begin"));
}

TEST(Generations, OnesThatWereNotLaunchedLeaveTheCountOfFruitlessOnesAlone) {
  Generations generations;
  judge(generations, killed({}));
  judge(generations, killed({}));
  EXPECT_EQ(judge(generations, never_begun()).next, Next::relaunch);
  EXPECT_EQ(generations.fruitless, 2);
  EXPECT_EQ(judge(generations, killed({})).next, Next::stop);
}

TEST(Generations, OneThatBeginsIsRelaunchedAtOnce) {
  Generations generations{.stillborn = 7};
  const Verdict verdict = judge(generations, killed({}));
  EXPECT_EQ(verdict.next, Next::relaunch);
  EXPECT_EQ(verdict.pause.count(), 0);
  EXPECT_EQ(generations.stillborn, 0);
}

TEST(Generations, ADrainEndsWithRunAgain) {
  Generations generations{.fruitless = 2};
  GenerationEnd end = killed({});
  end.drained = true;
  const Verdict verdict = judge(generations, end);
  EXPECT_EQ(verdict.next, Next::stop);
  EXPECT_EQ(verdict.code, ExitCode::run_again);
}

TEST(Generations, ADrainThatCameWhenAllWasDoneIsADone) {
  Generations generations;
  EXPECT_EQ(judge(generations, {.said = ExitCode::all_done, .how = "", .drained = true}).code,
            ExitCode::all_done);
}

TEST(Drain, StopsATenthOfTheTimeBeforeItsEnd) {
  EXPECT_EQ(margin(seconds(60)), seconds(10));
  EXPECT_EQ(margin(seconds(600)), seconds(60));
  EXPECT_EQ(margin(std::chrono::hours(12)), seconds(90));
}

TEST(Requeue, IsAskedForAfterAWarningOrTheClock) {
  for (const DrainCause cause :
       {DrainCause::warning, DrainCause::clock, DrainCause::ranks, DrainCause::termination}) {
    EXPECT_EQ(requeue({.cause = cause, .state = "RUNNING"}).ask, Ask::yes);
  }
  EXPECT_EQ(requeue({.cause = DrainCause::clock}).ask, Ask::yes) << "Slurm can't be asked";
}

TEST(Requeue, OfACancelledJobIsNotAskedFor) {
  EXPECT_EQ(requeue({.cause = DrainCause::termination, .state = "CANCELLED by 0"}).ask, Ask::no);
  EXPECT_EQ(requeue({.cause = DrainCause::termination, .state = "COMPLETING"}).ask, Ask::no);
  EXPECT_EQ(requeue({.cause = DrainCause::termination}).ask, Ask::no) << "Slurm can't be asked";
}

TEST(Requeue, IsAskedForWhenTheTimeIsOver) {
  EXPECT_EQ(requeue({.cause = DrainCause::termination, .state = "COMPLETING", .time_is_over = true}).ask,
            Ask::yes);
  EXPECT_EQ(requeue({.cause = DrainCause::termination, .state = "TIMEOUT"}).ask, Ask::yes);
}

TEST(Requeue, IsAPersonsAffairAfterAPersonsStop) {
  EXPECT_EQ(requeue({.cause = DrainCause::person, .state = "RUNNING"}).ask, Ask::no);
}

TEST(Requeue, OfAJobWithoutRequeueIsExplained) {
  const RequeueAnswer answer =
      requeue({.cause = DrainCause::warning, .state = "RUNNING", .may_requeue = false});
  EXPECT_EQ(answer.ask, Ask::no);
  EXPECT_THAT(answer.sentence, HasSubstr("--no-requeue"));
}

TEST(Takeover, ALaterStartOfTheSameJobWaits15Seconds) {
  EXPECT_EQ(patience({.holder = JobRun{"41", 0}, .self = JobRun{"41", 1}, .holder_runs = true}), seconds(15));
}

TEST(Takeover, AJobThatRunsIsNotWaitedFor) {
  EXPECT_EQ(patience({.holder = JobRun{"41", 0}, .self = JobRun{"42", 0}, .holder_runs = true}),
            std::nullopt);
  EXPECT_EQ(patience({.holder = JobRun{"41", 1}, .self = JobRun{"41", 0}, .holder_runs = true}),
            std::nullopt);
}

TEST(Takeover, AJobThatIsGoneIsWaitedForAMinute) {
  EXPECT_EQ(patience({.holder = JobRun{"41", 0}, .self = JobRun{"42", 0}, .holder_runs = false}),
            seconds(60));
}

TEST(Takeover, WithoutWordFromSlurmTheWaitIsTenMinutes) {
  EXPECT_EQ(patience({.holder = JobRun{"41", 0}}), seconds(600));
}

TEST(Takeover, AHolderOutsideSlurmIsWaitedForAMinuteOrLessOnItsOwnHost) {
  EXPECT_EQ(patience({}), seconds(60));
  EXPECT_EQ(patience({.same_boot = true}), seconds(15));
}

}  // namespace
}  // namespace pia::slurm
