// SPDX-License-Identifier: Apache-2.0
#include "farm/report/facts.hpp"

#include <gtest/gtest.h>

#include "tests/farm/report/story.hpp"

namespace pia::farm {
namespace {

using tests::Story;
using End = AttemptFacts::End;

TEST(Facts, OfAnUndisturbedRun) {
  const RunFacts facts = Story{}
                             .starts(1)
                             .gets(0, "dog")
                             .commits("dog")
                             .gets(0, "cat")
                             .commits("cat")
                             .gets(0, "cow")
                             .commits("cow")
                             .finishes(jobs::ExitCode::all_done)
                             .facts();
  EXPECT_EQ(facts.done(), 3);
  EXPECT_EQ(facts.left(), 0);
  EXPECT_EQ(facts.done_before(), 0);
  const Losses losses = losses_of(facts);
  EXPECT_EQ(losses.crashes + losses.starts_cut_off + losses.workers, 0);
  EXPECT_EQ(losses.steps, 30);
  EXPECT_EQ(losses.steps_redone, 0);
  const Phases phases = phases_of(facts);
  EXPECT_EQ(phases.load, 15);
  EXPECT_EQ(phases.denoise, 120);
  EXPECT_EQ(phases.in_vain, 0);
  const auto places = places_of(facts);
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].name, "worker 1");
  EXPECT_EQ(places[0].present, 7 * 60);
  EXPECT_EQ(places[0].busy, 3 * 60);
}

TEST(Facts, OfAHardNight) {
  const RunFacts facts = tests::a_hard_night().facts();
  EXPECT_EQ(facts.done(), 2);
  EXPECT_EQ(facts.failed(), 1);
  EXPECT_EQ(facts.left(), 0);
  ASSERT_EQ(facts.starts.size(), 2U);
  const Losses losses = losses_of(facts);
  EXPECT_EQ(losses.starts_cut_off, 1);
  EXPECT_EQ(losses.crashes, 2);
  EXPECT_EQ(losses.workers, 1);
  EXPECT_EQ(losses.steps_redone, 1) << "the cat got to step 6, and went on from step 5";
}

TEST(Facts, AnAttemptEndsAsItsWorkerIsLostOrItsStartIsCutOff) {
  const RunFacts facts = tests::a_hard_night().facts();
  const ShotFacts& cow = facts.shots.at(2);
  ASSERT_EQ(cow.attempts.size(), 3U);
  EXPECT_EQ(cow.attempts[0].end, End::worker_lost);
  EXPECT_EQ(cow.attempts[1].end, End::cut_off);
  EXPECT_EQ(cow.attempts[2].end, End::failed);
}

TEST(Facts, ANewCommandGivesFreshAttemptsAndKeepsTheStory) {
  Story story = tests::a_hard_night();
  const RunFacts facts = story.starts(2).facts();
  EXPECT_EQ(facts.starts.size(), 3U);
  EXPECT_EQ(facts.command, 2U);
  EXPECT_EQ(facts.done(), 2);
  EXPECT_EQ(facts.done_before(), 2);
  EXPECT_EQ(facts.failed(), 0);
  EXPECT_EQ(facts.left(), 1);
  EXPECT_EQ(losses_of(facts).crashes, 2);
}

TEST(Facts, OfShotsThatItDidNotChooseACommandSaysNothingNew) {
  Story story = tests::a_hard_night();
  story.starts_only({"dog"});
  EXPECT_EQ(story.facts().failed(), 1);
  EXPECT_EQ(story.facts().shots.at(2).reason, "picture \"cow.png\" has changed");
}

TEST(Facts, ShotsThatAreNotInThePlanCountForTheirStartAlone) {
  Story story;
  story.starts(1).gets(0, "dog").commits("dog").gets(0, "cat").finishes(jobs::ExitCode::all_done);
  const RunFacts facts = facts_of(story.plan_without("dog"), story.records());
  EXPECT_EQ(facts.done(), 0);
  EXPECT_EQ(facts.starts.at(0).done(), 1);
  EXPECT_EQ(facts.starts.at(0).busy(), 60);
  EXPECT_EQ(losses_of(facts).steps, 0);
  EXPECT_EQ(phases_of(facts).denoise, 0);
  EXPECT_EQ(phases_of(facts).others, 48);
}

TEST(Facts, BugAStoppedAttemptWhoseStepsWereKeptCameToNothing) {
  Story story;
  story.starts(1).gets(0, "cow").stops("cow", 4).is_stopped();
  EXPECT_EQ(phases_of(story.facts()).kept, 60);
  EXPECT_EQ(phases_of(story.facts()).in_vain, 0);
  EXPECT_EQ(phases_of(story.starts(1).gets(0, "cow").commits("cow", 6).facts()).kept, 60);
}

TEST(Facts, WhatOfAnAttemptWasNotGoneOnFromCameToNothing) {
  Story unkept;
  unkept.starts(1).gets(0, "cow").stops("cow", 0);
  EXPECT_EQ(phases_of(unkept.facts()).in_vain, 60);
  Story refused;
  refused.starts(1).gets(0, "cow").stops("cow", 4).gets(0, "cow").commits("cow", 10);
  EXPECT_EQ(phases_of(refused.facts()).in_vain, 60) << "its checkpoint was not gone on from";
  Story crashed;
  crashed.starts(1).gets(0, "cat").fails("cat", 1, "killed", {.from = 0, .reached = 6});
  EXPECT_EQ(phases_of(crashed.facts()).in_vain, 60);
  crashed.gets(0, "cat", 2).commits("cat", 5);
  EXPECT_EQ(phases_of(crashed.facts()).kept, 50);
  EXPECT_EQ(phases_of(crashed.facts()).in_vain, 10);
}

TEST(Facts, LateWordsAndWordsOfUnknownShotsChangeNothing) {
  Story story = tests::a_hard_night();
  const Losses before = losses_of(story.facts());
  story.fails("dog", 1, "late", {.from = 0, .reached = 9}).stops("cat", 2);
  story.then(storage::RecordType::shot_committed, payload_of_commit(jobs::ShotId{}, 1, 1.0));
  EXPECT_EQ(losses_of(story.facts()).crashes, before.crashes);
  EXPECT_EQ(story.facts().done(), 2);
}

TEST(Facts, HostileRecordsAreSteppedOver) {
  Story story;
  for (const char* payload :
       {"", "[]", "null", "{\"shot\":3}", "{\"worker\":\"x\"}", "\xff", "{\"at\":\"now\"}"})
    story.breaks(payload);
  story.then(storage::RecordType::run_started, "{\"workers\":-4}");
  story.then(storage::RecordType::worker_lost, "{\"worker\":-1}");
  story.gets(-5, "dog");
  const RunFacts facts = story.facts();
  EXPECT_EQ(facts.left(), 3);
  EXPECT_EQ(places_of(facts).size(), 1U);
}

TEST(Facts, BugHugeNumbersOverflowed) {
  Story story;
  story.starts(2).gets(0, "dog");
  story.then(storage::RecordType::shot_assigned,
             R"({"shot":")" + to_hex(story.id("cat")) + R"(","worker":9223372036854775807,"attempt":1e300})");
  story.breaks(R"({"shot":")" + to_hex(story.id("dog")) +
               R"(","at":1e18,"steps":4294967296,"from":-9,"reached":1e99,"load":-1e300})");
  const RunFacts facts = story.facts();
  EXPECT_EQ(facts.done(), 1);
  EXPECT_GE(losses_of(facts).steps, 0);
  EXPECT_EQ(phases_of(facts).load, 0);
}

TEST(Facts, BugAShotThatWasDoneStayedDoneWhileItWasRenderedAgain) {
  Story story;
  story.starts(1).gets(0, "dog").commits("dog").finishes(jobs::ExitCode::all_done);
  story.starts(1).gets(0, "dog").fails("dog", 1, "damaged", {.from = 0, .reached = 1});
  story.gives_up("dog", "damaged");
  EXPECT_EQ(story.facts().done(), 0);
  EXPECT_EQ(story.facts().failed(), 1);
}

TEST(Facts, BugStepsOfAResultThatWasRemovedCountedAsDoneTwice) {
  Story story;
  story.starts(1).gets(0, "dog").commits("dog").finishes(jobs::ExitCode::all_done);
  story.starts(1).gets(0, "dog").commits("dog");
  EXPECT_EQ(losses_of(story.facts()).steps_redone, 0);
  EXPECT_EQ(losses_of(story.facts()).steps, 20);
  Story crashed;
  crashed.starts(1).gets(0, "dog").commits("dog").finishes(jobs::ExitCode::all_done);
  crashed.starts(1).gets(0, "dog").fails("dog", 1, "killed", {.from = 0, .reached = 6});
  crashed.gets(0, "dog", 2).commits("dog", 6);
  EXPECT_EQ(losses_of(crashed.facts()).steps_redone, 2) << "of the second time alone";
}

TEST(Facts, BugFailedAttemptsAtShotsThatWereEditedSinceWereNotSurvived) {
  Story story;
  story.starts(1)
      .gets(0, "dog")
      .fails("dog", 1, "killed", {.from = 0, .reached = 6})
      .gets(0, "dog", 2)
      .fails("dog", 2, "killed", {.from = 5, .reached = 6});
  const RunFacts facts = facts_of(story.plan_without("dog"), story.records());
  EXPECT_EQ(losses_of(facts).crashes, 2);
  EXPECT_EQ(losses_of(facts).steps, 0);
}

TEST(Facts, JournalsOfOlderBuildsTellNoTimes) {
  Story old;
  old.breaks("{}");
  const std::vector<storage::Record> records = {
      {.type = storage::RecordType::run_started, .epoch = 1, .sequence = 1, .payload = R"({"workers":2})"},
      {.type = storage::RecordType::shot_assigned,
       .epoch = 1,
       .sequence = 2,
       .payload = payload_of_shot(old.id("dog"), 1, 1)},
      {.type = storage::RecordType::shot_committed,
       .epoch = 1,
       .sequence = 3,
       .payload = payload_of_commit(old.id("dog"), 7, 12.5)}};
  const RunFacts facts = facts_of(old.plan(), records);
  EXPECT_EQ(facts.done(), 1);
  EXPECT_EQ(phases_of(facts).denoise, 12.5);
  EXPECT_EQ(losses_of(facts).steps, 0);
}

}  // namespace
}  // namespace pia::farm
