// SPDX-License-Identifier: Apache-2.0
#include "scheduler/staging_turns.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace pia::scheduler {
namespace {

std::vector<WorkerId> workers(std::initializer_list<int> numbers) {
  std::vector<WorkerId> all;
  for (const int number : numbers) all.push_back({number});
  return all;
}

StagingTurns asked_by(int count) {
  StagingTurns turns;
  for (int i = 0; i < count; ++i) turns.ask({i});
  return turns;
}

TEST(StagingTurns, FourReadTheSharedDiskAndTheFifthWaits) {
  StagingTurns turns = asked_by(5);
  EXPECT_EQ(turns.begun(), workers({0, 1, 2, 3}));
  EXPECT_TRUE(turns.begun().empty());
  turns.end({2});
  EXPECT_EQ(turns.begun(), workers({4}));
}

TEST(StagingTurns, AWorkerThatAsksAgainHasOneTurn) {
  StagingTurns turns;
  for (int i = 0; i < 3; ++i) turns.ask({7});
  EXPECT_EQ(turns.begun(), workers({7}));
  turns.ask({7});
  EXPECT_TRUE(turns.begun().empty());
  turns.end({7});
  for (int i = 0; i < 4; ++i) turns.ask({i});
  EXPECT_EQ(turns.begun(), workers({0, 1, 2, 3}));
}

TEST(StagingTurns, OneThatIsLostGivesItsTurnBackWhetherItReadOrWaited) {
  StagingTurns turns = asked_by(7);
  turns.begun();
  turns.end({5});
  turns.end({0});
  turns.end({1});
  EXPECT_EQ(turns.begun(), workers({4, 6}));
}

TEST(StagingTurns, OneThatNeverAskedEndsNothing) {
  StagingTurns turns = asked_by(5);
  turns.begun();
  turns.end({9});
  EXPECT_TRUE(turns.begun().empty());
}

TEST(StagingTurns, WhateverHappensNeverMoreThanFourReadAndNobodyIsOvertaken) {
  std::mt19937 dice(5);
  StagingTurns turns;
  std::map<int, int> asked;  // when
  std::set<int> reading;
  for (int moment = 0; moment < 20'000; ++moment) {
    const int worker = static_cast<int>(dice() % 40);
    if (dice() % 2 == 0) {
      turns.ask({worker});
      if (!reading.contains(worker)) asked.try_emplace(worker, moment);
    } else {
      turns.end({worker});
      asked.erase(worker);
      reading.erase(worker);
    }
    for (const WorkerId begun : turns.begun()) {
      ASSERT_TRUE(asked.contains(begun.value));
      for (const auto& [other, when] : asked) EXPECT_GE(when, asked.at(begun.value)) << other;
      asked.erase(begun.value);
      reading.insert(begun.value);
    }
    ASSERT_LE(reading.size(), StagingTurns::kAtATime);
    ASSERT_TRUE(asked.empty() || reading.size() == StagingTurns::kAtATime);
  }
}

}  // namespace
}  // namespace pia::scheduler
