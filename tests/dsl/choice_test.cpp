// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/plan_json.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;

dsl::Compiled compile_as(const std::string& text, dsl::JobSource flags) {
  flags.path = "/jobs/job.toml";
  flags.text = with_defaults(text);
  flags.working_directory = "/jobs";
  return dsl::compile(flags, {}, job_files(), {});
}

const std::string kFour =
    "[[grid]]\nname = \"g\"\naxes.image = [\"labrador.png\", \"odd\"]\naxes.seed = [1, \"auto\"]\nsteps = "
    "20\n";

std::vector<std::string> kept(const std::vector<std::string>& only) {
  const auto compiled = compile_as(kFour, {.only = only});
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::vector<std::string> names;
  for (const auto& id : compiled.only) {
    for (const auto& shot : compiled.plan->shots) {
      if (shot.id == id) names.push_back(shot.image_id + (shot.shot.seed == 1 ? "1" : "a"));
    }
  }
  return names;
}

TEST(Only, KeepsTheShotsThatMatchEveryKeyAndAnyOfItsPatterns) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(kept({}), Names{});
  EXPECT_EQ(kept({"image=lab*"}), (Names{"labrador1", "labradora"}));
  EXPECT_EQ(kept({"image=odd", "seed=1"}), Names{"odd1"});
  EXPECT_EQ(kept({"image=odd", "image=labrador", "seed=auto"}), (Names{"labradora", "odda"}));
  EXPECT_EQ(kept({"name=odd-*-s1"}), Names{"odd1"});
  EXPECT_EQ(kept({"steps=20", "seed=18024356213777092000"}), Names{"labradora"});
}

TEST(Only, FindsAShotByTheFirstDigitsOfItsId) {
  const auto plan = compile_as(kFour, {}).plan;
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(kept({"id=" + to_hex(plan->shots.at(2).id).substr(0, 8)}), std::vector<std::string>{"odd1"});
}

TEST(Only, LeavesThePlanWhole) {
  EXPECT_EQ(compile_as(kFour, {.only = {"seed=1"}}).plan, compile_as(kFour, {}).plan);
}

TEST(Only, WhatItCantDoIsSaid) {
  const auto says = [](const std::vector<std::string>& only) {
    return said(compile_as(kFour, {.only = only}));
  };
  EXPECT_EQ(says({"image=labradr"}),
            "--only image=labradr: error: no shot matches this; did you mean \"labrador\"?\n");
  EXPECT_EQ(says({"seed=987654321"}),
            "--only seed=987654321: error: no shot matches this; plan --list names all shots\n");
  EXPECT_EQ(says({"magnitude"}),
            "--only magnitude: error: this is not key=pattern; write --only image=raiden or --only "
            "name=night-*\n");
  EXPECT_EQ(
      says({"magnitued=large"}),
      "--only magnitued=large: error: unknown key \"magnitued\" in --only; did you mean \"magnitude\"?\n");
  EXPECT_EQ(says({"image=odd", "name=labrador*"}),
            "--only image=odd: error: no shot matches this and the other --only\n");
  EXPECT_THAT(says({"image=\xff"}), HasSubstr("is not UTF-8"));
}

jobs::PlannedShot drafted(const std::string& keys) {
  const auto compiled = compile_as("[[shot]]\nname = \"x\"\n" + keys, {.draft = dsl::JobSource::Draft::yes});
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(said(compiled), "");
  return compiled.plan ? compiled.plan->shots.at(0) : jobs::PlannedShot{};
}

TEST(Draft, TakesAtMostEightStepsAnd256Pixels) {
  const auto shot = drafted("image = \"wide.jpg\"\nsteps = 30\n");
  EXPECT_EQ(shot.shot.steps, 8);
  EXPECT_EQ(shot.shot.geometry.size, (jobs::Size{256, 144}));
  EXPECT_EQ(drafted("image = \"wide.jpg\"\nsteps = 3\n").shot.steps, 3);
  EXPECT_EQ(
      drafted("image = \"wide.jpg\"\nwidth = 384\nheight = 768\nresize = \"crop\"\n").shot.geometry.size,
      (jobs::Size{128, 256}));
  EXPECT_EQ(drafted("image = \"twin.png\"\n").shot.geometry.size, (jobs::Size{64, 64}));
  EXPECT_EQ(drafted("image = \"odd\"\nwidth = 4096\nheight = 8\nresize = \"crop\"\n").shot.geometry.size,
            (jobs::Size{256, 8}));
}

TEST(Draft, KeepsAStepWhereTheStrengthIsSmall) {
  EXPECT_EQ(drafted("image = \"odd\"\nsteps = 100\nstrength = 0.1\n").shot.steps, 10);
}

TEST(Draft, HasItsOwnIdsAndFolder) {
  const auto whole = compile_as("[[shot]]\nname = \"x\"\nimage = \"odd\"\n", {}).plan->shots.at(0);
  const auto draft = drafted("image = \"odd\"\n");
  EXPECT_NE(draft.id, whole.id);
  EXPECT_TRUE(draft.video_stem.starts_with("draft/")) << draft.video_stem;
}

TEST(Strict, MakesWarningsErrors) {
  const std::string text = "[images.spare]\npath = \"odd.png\"\n[[shot]]\nimage = \"odd\"\n";
  EXPECT_TRUE(compile_as(text, {}).plan.has_value());
  const auto strict = compile_as(text, {.warnings = dsl::JobSource::Warnings::refuse});
  EXPECT_FALSE(strict.plan.has_value());
  EXPECT_EQ(said(strict), "job.toml:5:9: error: [images.spare] is used by no shot\n");
}

}  // namespace
}  // namespace pia::tests
