// SPDX-License-Identifier: Apache-2.0
#include "scheduler/policy.hpp"

#include <gtest/gtest.h>

namespace pia::scheduler {
namespace {

constexpr ModelIndex kAnime = 0;
constexpr ModelIndex kPhoto = 1;
constexpr ModelIndex kSketch = 2;

/// Waiting shots are numbered in the order in which they are added.
class Choice {
 public:
  Choice() { crew_.holders = {0, 0, 0}; }
  Choice& shot(ModelIndex model, double cost, int priority = 0, FailedOn failed_on = {}) {
    enter(waiting_,
          {.priority = priority, .model = model, .ticket = {cost, next_++}, .failed_on = failed_on});
    return *this;
  }
  Choice& workers(std::set<WorkerId> live) {
    crew_.live = std::move(live);
    return *this;
  }
  Choice& holders(ModelIndex model, int count) {
    crew_.holders[static_cast<std::size_t>(model)] = count;
    return *this;
  }
  std::optional<ShotIndex> by(const Candidate& worker) const {
    return choose(waiting_, worker, crew_, Policy{});
  }

 private:
  Lines waiting_;
  Crew crew_{.live = {{1}, {2}}, .holders = {}};
  ShotIndex next_ = 0;
};

TEST(Choose, NothingFromNothing) {
  EXPECT_EQ(Choice{}.by({.id = {1}}), std::nullopt);
}

TEST(Choose, TheLongestShotFirst) {
  EXPECT_EQ(Choice{}.shot(kAnime, 1).shot(kAnime, 5).shot(kAnime, 3).by({.id = {1}}), 1);
}

TEST(Choose, TheFirstInThePlanOfEqualShots) {
  EXPECT_EQ(Choice{}.shot(kAnime, 2).shot(kAnime, 2).by({.id = {1}}), 0);
}

TEST(Choose, TheResidentModelBeforeALongerShot) {
  EXPECT_EQ(Choice{}.shot(kAnime, 9).shot(kPhoto, 1).by({.id = {1}, .resident = kPhoto}), 1);
}

TEST(Choose, HigherPriorityBeforeTheResidentModel) {
  const auto choice = Choice{}.shot(kPhoto, 9).shot(kAnime, 1, 1).by({.id = {1}, .resident = kPhoto});
  EXPECT_EQ(choice, 1);
}

TEST(Choose, NegativePriorityLast) {
  EXPECT_EQ(Choice{}.shot(kAnime, 9, -1).shot(kAnime, 1).by({.id = {1}}), 1);
}

TEST(Choose, TheModelWithTheMostWorkForEachOfItsWorkers) {
  Choice choice;
  choice.shot(kAnime, 6).shot(kAnime, 5).shot(kPhoto, 7).shot(kSketch, 4);
  EXPECT_EQ(choice.by({.id = {1}}), 0);
  EXPECT_EQ(choice.holders(kAnime, 1).by({.id = {1}}), 2);
  EXPECT_EQ(choice.holders(kPhoto, 1).by({.id = {1}}), 0);
  EXPECT_EQ(choice.holders(kAnime, 2).by({.id = {1}}), 3);
}

TEST(Choose, NotAShotThatFailedHereWhileAnotherWorkerLives) {
  Choice choice;
  choice.shot(kAnime, 9, 0, {{1}}).shot(kAnime, 1);
  EXPECT_EQ(choice.by({.id = {1}, .resident = kAnime}), 1);
  EXPECT_EQ(choice.by({.id = {2}, .resident = kAnime}), 0);
}

TEST(Choose, WaitsRatherThanRetryWhereItFailed) {
  EXPECT_EQ(Choice{}.shot(kAnime, 9, 0, {{1}}).by({.id = {1}}), std::nullopt);
}

TEST(Choose, AShotThatFailedHereIfNobodyElseIsThere) {
  EXPECT_EQ(Choice{}.shot(kAnime, 9, 0, {{1}}).workers({{1}}).by({.id = {1}}), 0);
}

TEST(Choose, AShotThatFailedOnAllLiveWorkers) {
  Choice choice;
  choice.shot(kAnime, 9, 0, {{1}, {2}, {3}});
  EXPECT_EQ(choice.by({.id = {1}}), 0);
  EXPECT_EQ(choice.workers({{1}, {2}, {4}}).by({.id = {1}}), std::nullopt);
}

TEST(Choose, GoesDownAPriorityIfTheHigherOneHasNothingForThisWorker) {
  EXPECT_EQ(Choice{}.shot(kAnime, 9, 5, {{1}}).shot(kPhoto, 1).by({.id = {1}}), 1);
}

}  // namespace
}  // namespace pia::scheduler
