// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/shot_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/farm/commands/program.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;
using tests::ShotBuilder;

TEST(ShotList, IsALineAShot) {
  jobs::Plan plan;
  plan.shots = {ShotBuilder{}.planned("one"),
                ShotBuilder{}.size(64, 48).frames(1).steps(25).planned("other")};
  plan.shots[0].names = {"one", "two"};
  RunState state;
  state.done.insert(plan.shots[0].id);
  const auto id = [&](std::size_t i) { return to_hex(plan.shots[i].id).substr(0, 12); };
  EXPECT_EQ(shot_list(plan, state, Held::no), "done     one    " + id(0) +
                                                  "  16x16      4 frames    4 steps  also two\n"
                                                  "left     other  " +
                                                  id(1) + "  64x48      1 frame     25 steps\n");
}

TEST(ShotList, TellsWhatIsDoneRunningAndFailed) {
  jobs::Plan plan;
  plan.shots = {ShotBuilder{}.planned("one"), ShotBuilder{}.steps(5).planned("two")};
  RunState state;
  state.at_work.insert(plan.shots[0].id);
  state.history.shots[plan.shots[1].id].gave_up = true;
  EXPECT_THAT(shot_list(plan, state, Held::yes), HasSubstr("running  one"));
  EXPECT_THAT(shot_list(plan, state, Held::no), HasSubstr("left     one"));
  EXPECT_THAT(shot_list(plan, state, Held::no), HasSubstr("failed   two"));
}

TEST(ShotList, IsThereBeforeARunAndTakesOnly) {
  const tests::Home home;
  const tests::Answer before = home.call({"plan", "job.toml", "--list"});
  EXPECT_TRUE(before.is(ExitCode::all_done)) << before.err;
  EXPECT_THAT(before.out, HasSubstr("left     one  "));
  EXPECT_THAT(before.out, HasSubstr("  32x32      4 frames    3 steps\n"));
  home.rehearse({"job.toml", "--only", "name=one"});
  EXPECT_THAT(home.call({"plan", "job.toml", "--list"}).out, HasSubstr("done     one  "));
  const tests::Answer only = home.call({"plan", "job.toml", "--list", "--only", "name=two"});
  EXPECT_THAT(only.out, testing::StartsWith("left     two  "));
  EXPECT_TRUE(home.call({"plan", "job.toml", "--list", "--json"}).is(ExitCode::bad_usage));
}

}  // namespace
}  // namespace pia::farm
