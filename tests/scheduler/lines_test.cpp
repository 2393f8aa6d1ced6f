// SPDX-License-Identifier: Apache-2.0
#include "scheduler/lines.hpp"

#include <gtest/gtest.h>

namespace pia::scheduler {
namespace {

TEST(Lines, AreEmptyAgainWhenAllHaveLeft) {
  Lines lines;
  const Place dog{.priority = 0, .model = 1, .ticket = {2.5, 0}, .failed_on = {}};
  const Place cat{.priority = 3, .model = 1, .ticket = {2.5, 1}, .failed_on = {{4}}};
  enter(lines, dog);
  enter(lines, cat);
  EXPECT_EQ(lines.size(), 2U);
  leave(lines, dog);
  hand_out(lines, cat);
  EXPECT_TRUE(lines.empty());
}

TEST(Lines, HighPriorityComesFirst) {
  Lines lines;
  for (const int priority : {0, -5, 7}) {
    enter(lines, {.priority = priority, .model = 0, .ticket = {1, priority}, .failed_on = {}});
  }
  EXPECT_EQ(lines.begin()->first, 7);
}

TEST(Lines, OnlyHandingOutServesALine) {
  Lines lines;
  for (int shot = 0; shot < 3; ++shot) {
    enter(lines, {.priority = 0, .model = shot % 2, .ticket = {1, shot}, .failed_on = {}});
  }
  hand_out(lines, {.priority = 0, .model = 0, .ticket = {1, 0}, .failed_on = {}});
  const Level& level = lines.at(0);
  EXPECT_EQ(level.handed_out, 1);
  EXPECT_EQ(level.lines.at(0).served, 1);
  EXPECT_EQ(level.lines.at(1).served, 0);
  EXPECT_EQ(level.by_age.begin()->second, 1);
}

TEST(Lines, KnowTheWorkThatIsLeft) {
  Lines lines;
  for (int shot = 0; shot < 3; ++shot) {
    enter(lines, {.priority = 0, .model = 0, .ticket = {1.5 + shot, shot}, .failed_on = {}});
  }
  leave(lines, {.priority = 0, .model = 0, .ticket = {2.5, 1}, .failed_on = {}});
  EXPECT_DOUBLE_EQ(lines.at(0).lines.at(0).work, 5);
  EXPECT_EQ(lines.at(0).lines.at(0).shots, 2);
}

TEST(LinesDeathTest, AShotCannotStandInLineTwice) {
  Lines lines;
  const Place dog{.priority = 0, .model = 0, .ticket = {1, 0}, .failed_on = {}};
  enter(lines, dog);
  EXPECT_DEATH(enter(lines, dog), "internal error");
}

}  // namespace
}  // namespace pia::scheduler
