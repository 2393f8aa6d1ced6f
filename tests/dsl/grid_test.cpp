// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "dsl/internal/combinations.hpp"
#include "tests/dsl/job_text.hpp"
#include "tests/support/scale.hpp"

namespace pia::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

dsl::Compiled compile_grid(const std::string& keys, const std::vector<std::string>& sets = {}) {
  return compile_text(with_defaults("[[grid]]\nimage = \"labrador.png\"\n" + keys), sets);
}

jobs::PlanCounts counts_of(const dsl::Compiled& compiled) {
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  return compiled.plan ? compiled.plan->counts : jobs::PlanCounts{};
}

std::vector<std::uint64_t> seeds_of(const dsl::Compiled& compiled) {
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::vector<std::uint64_t> seeds;
  for (const auto& shot : compiled.plan ? compiled.plan->shots : std::vector<jobs::PlannedShot>{}) {
    seeds.push_back(shot.shot.seed);
  }
  return seeds;
}

std::vector<int> steps_of(const dsl::Compiled& compiled) {
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::vector<int> steps;
  for (const auto& shot : compiled.plan ? compiled.plan->shots : std::vector<jobs::PlannedShot>{}) {
    steps.push_back(shot.shot.steps);
  }
  return steps;
}

TEST(Ranges, AreReadAsAutomatic1111Does) {
  EXPECT_THAT(seeds_of(compile_grid("axes.seed = \"1000-1003\"\n")), ElementsAre(1000, 1001, 1002, 1003));
  EXPECT_THAT(steps_of(compile_grid("seed = 1\naxes.steps = \"1-9 (+2)\"\n")), ElementsAre(1, 3, 5, 7, 9));
  EXPECT_THAT(steps_of(compile_grid("seed = 1\naxes.steps = \"9-1 (-4)\"\n")), ElementsAre(9, 5, 1));
  EXPECT_THAT(steps_of(compile_grid("seed = 1\naxes.steps = \"1-100 [5]\"\n")),
              ElementsAre(1, 25, 50, 75, 100));
  EXPECT_THAT(steps_of(compile_grid("seed = 1\naxes.steps = \" 3 , 5-6,  20 - 30(10)\"\n")),
              ElementsAre(3, 5, 6, 20, 30));
  EXPECT_THAT(seeds_of(compile_grid("axes.seed = \"18446744073709551614-18446744073709551615\"\n")),
              ElementsAre(UINT64_MAX - 1, UINT64_MAX));
}

TEST(Ranges, BugShortFilesAskedForGigabytesOfNumbers) {
  const std::string too_much =
      "the ranges of this job come to more than 300000 numbers here; write shorter ones";
  const std::string grid = "axes.seed = \"1-100000\"\nsample = 1\n";
  std::string grids = grid;
  for (int i = 1; i < 3; ++i) grids += "[[grid]]\nimage = \"labrador.png\"\n" + grid;
  EXPECT_TRUE(compile_grid(grids).plan.has_value()) << "as many as there may be";
  for (int i = 3; i < 10; ++i) grids += "[[grid]]\nimage = \"labrador.png\"\n" + grid;
  const auto compiled = compile_grid(grids);
  EXPECT_THAT(said(compiled), HasSubstr(too_much));
  EXPECT_EQ(compiled.diagnostics.size(), 1U) << "told once: " << said(compiled);
  std::string excludes = "axes.seed = [1, 2]\nexclude = [";
  for (int i = 0; i < 4; ++i) excludes += "{ seed = \"2-100001\" }, ";
  const auto excluding = compile_grid(excludes + "]\n");
  EXPECT_THAT(said(excluding), HasSubstr(too_much));
  EXPECT_EQ(excluding.diagnostics.size(), 1U)
      << "and not that an exclude matches nothing: " << said(excluding);
}

TEST(Templates, BugOneThatComesToNoTextEndedTheProgram) {
  const auto compiled = compile_text(
      "format = 1\n[job]\nexpand = \"all\"\n[defaults]\nmodel = \"tiny\"\nmotion = \"pia.ckpt\"\n"
      "[[grid]]\nimage = \"labrador.png\"\naxes.seed = [1, 2]\naxes.prompt = [\"{2$$0::a|b}\"]\n");
  EXPECT_THAT(said(compiled), HasSubstr("comes to no text at all; give an option a weight above 0"));
}

TEST(Templates, BugAFewSpreadToGigabytes) {
  const std::string digits = "{0|1|2|3|4|5|6|7|8|9}";
  std::string prompts;
  for (int i = 0; i < 400; ++i)
    prompts += "\"" + std::to_string(i) + digits + digits + digits + digits + "\", ";
  const auto compiled = compile_grid("expand = \"all\"\naxes.prompt = [" + prompts + "]\n");
  EXPECT_THAT(said(compiled),
              HasSubstr("come to too many prompts here; write shorter ones, expand = \"sample\""));
}

TEST(Ranges, ThatComeToNothingAreNotSpreadBefore) {
  for (const char* wrong : {"1-99999, x", "1-99999, 1-99999", "5-1", "1-9 (-2)", "1-9 (+0)", "1-9 [0]"}) {
    EXPECT_THAT(said(compile_grid("axes.seed = \"" + std::string(wrong) + "\"\n")),
                HasSubstr("is no range of at most 100000 numbers"))
        << wrong;
  }
}

TEST(Ranges, OfFractionsStayShort) {
  const auto compiled = compile_grid("axes.guidance_scale = \"0.1-0.5 (+0.1)\"\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::vector<double> scales;
  for (const auto& shot : compiled.plan->shots) scales.push_back(shot.shot.guidance_scale);
  EXPECT_THAT(scales, ElementsAre(0.1, 0.2, 0.3, 0.4, 0.5));
}

TEST(Ranges, WhatIsNoneIsRefusedInNoTime) {
  for (const char* range :
       {"1-", "-", "a-b", "1-5 (0)", "5-1", "1-9 (-1)", "1-100 [0]", "1-100 [100001]",
        "0-18446744073709551615", "1-2 3", "1,,2", "", "1-5 (+1", "auto x0", "auto x2000"}) {
    const auto compiled = compile_grid("axes.seed = \"" + std::string(range) + "\"\n");
    EXPECT_FALSE(compiled.plan.has_value()) << range;
    EXPECT_THAT(said(compiled), HasSubstr("is no range")) << range;
  }
}

TEST(Ranges, ValuesBeyondTheKeysRangeAreErrors) {
  EXPECT_THAT(said(compile_grid("axes.steps = \"998-1000\"\n")), HasSubstr("from 1 to 999, not 1000"));
}

TEST(Seed, SeveralAutosDifferAndTheFirstIsTheUsualOne) {
  const auto several = seeds_of(compile_grid("axes.seed = \"auto x4\"\n"));
  EXPECT_EQ(std::set<std::uint64_t>(several.begin(), several.end()).size(), 4U);
  EXPECT_EQ(several.at(0), seeds_of(compile_grid("axes.seed = [\"auto\"]\n")).at(0));
}

TEST(Pairs, GoTogetherAndAreMultipliedWithTheAxes) {
  const auto compiled = compile_grid(
      "pairs = [{ model = \"tiny\", steps = 3 }, { model = \"sd15\", seed = \"7\" }]\n"
      "axes.magnitude = [\"small\", \"large\"]\nsteps = 4\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::vector<std::string> words;
  for (const auto& shot : compiled.plan->shots) {
    words.push_back(shot.model_id + std::to_string(shot.shot.steps) + std::string(to_word(shot.magnitude)) +
                    (shot.shot.seed == 7 ? "s7" : ""));
  }
  EXPECT_THAT(words, ElementsAre("tiny3small", "tiny3large", "sd154smalls7", "sd154larges7"));
  EXPECT_EQ(said(compiled),
            "job.toml:3:9: warning: \"model\" has no effect here: other keys decide in every shot\n");
}

TEST(Pairs, NeedNoAxes) {
  EXPECT_EQ(counts_of(compile_grid("pairs = [{ seed = 1 }, { seed = 2 }]\n")),
            (jobs::PlanCounts{.combinations = 2, .shots = 2}));
}

TEST(Exclude, RemovesWhatMatchesAllItsKeys) {
  const auto compiled = compile_grid(
      "axes.model = [\"tiny\", \"sd15\"]\naxes.magnitude = [\"small\", \"moderate\", \"large\"]\n"
      "axes.seed = [1, 2]\n"
      "exclude = [{ model = \"sd15\", magnitude = [\"medium\", 2] }, { model = \"t*\", seed = 2 }]\n");
  EXPECT_EQ(counts_of(compiled), (jobs::PlanCounts{.combinations = 12, .excluded = 7, .shots = 5}));
}

TEST(Exclude, LooksAtEveryKeyOfAShotAndNotOnlyAtAxes) {
  EXPECT_EQ(counts_of(compile_text(with_defaults(
                "[models.a]\ncheckpoint = \"tiny\"\nsteps = 5\n[models.b]\ncheckpoint = \"sd15\"\n"
                "[[grid]]\nimage = \"labrador.png\"\naxes.model = [\"a\", \"b\"]\naxes.seed = [1, 2]\n"
                "exclude = [{ steps = 5, seed = 2 }]\n"))),
            (jobs::PlanCounts{.combinations = 4, .excluded = 1, .shots = 3}));
}

TEST(Exclude, CallsAFileByItsNameOrTheEndOfItsPath) {
  for (const char* name :
       {"raiden", "raiden.png", "keyframes/raiden.png", "keyframes/*.png", "/jobs/*/raiden"}) {
    const auto compiled = compile_text(with_defaults(
        "[[grid]]\naxes.image = \"keyframes/*\"\nexclude = [{ image = \"" + std::string(name) + "\" }]\n"));
    ASSERT_TRUE(compiled.plan.has_value()) << name << said(compiled);
    EXPECT_EQ(compiled.plan->shots.size(), 1U) << name;
  }
}

TEST(Exclude, ThatRemovesNothingIsAWarningThatSaysWhy) {
  EXPECT_EQ(
      said(compile_grid("axes.seed = [1, 2]\naxes.magnitude = [\"small\", \"large\"]\n"
                        "exclude = [{ seed = 1 }, { seed = 2, magnitude = \"larg\" }, { steps = 3 }]\n")),
      "job.toml:9:26: warning: exclude #2 { seed = 2, magnitude = \"larg\" } matches no combination: "
      "axes.magnitude has no \"larg\"; it has \"small\", \"large\"; did you mean \"large\"?\n"
      "job.toml:9:60: warning: exclude #3 { steps = 3 } matches no combination\n");
}

TEST(Include, JoinsTheCombinationsWhoseAxesItDoesNotChange) {
  const auto compiled = compile_grid(
      "axes.magnitude = [\"small\", \"large\"]\naxes.seed = [1, 2]\nsteps = 10\n"
      "include = [{ magnitude = \"large\", steps = 35 }, { seed = 2, steps = 40, fps = 4 }]\n");
  EXPECT_THAT(steps_of(compiled), ElementsAre(10, 40, 35, 40));
  EXPECT_EQ(compiled.plan->counts, (jobs::PlanCounts{.combinations = 4, .shots = 4}));
}

TEST(Include, ThatJoinsNoneIsAShotOfItsOwnWithTheGridsOtherKeys) {
  const auto compiled = compile_grid(
      "axes.model = [\"tiny\", \"sd15\"]\naxes.seed = [1, 2]\nsteps = 10\n"
      "exclude = [{ model = \"sd15\", seed = 2 }]\n"
      "include = [{ model = \"sd15\", seed = 2, fps = 9 }, { seed = 3 }]\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->counts,
            (jobs::PlanCounts{.combinations = 4, .excluded = 1, .included = 2, .shots = 5}));
  const auto& excluded_one = compiled.plan->shots.at(3);
  EXPECT_EQ(excluded_one.model_id, "sd15");
  EXPECT_EQ(excluded_one.fps, 9);
  EXPECT_EQ(excluded_one.shot.steps, 10);
  EXPECT_EQ(compiled.plan->shots.at(4).model_id, "tiny");
  EXPECT_EQ(compiled.plan->shots.at(4).shot.seed, 3U);
}

TEST(Include, DoesNotJoinWhatAnIncludeAdded) {
  EXPECT_THAT(steps_of(compile_grid("axes.seed = [1]\nsteps = 10\n"
                                    "include = [{ seed = 9 }, { seed = 9, steps = 20 }]\n")),
              ElementsAre(10, 10, 20));
}

TEST(Include, MayNameAPictureThatAPatternFound) {
  const auto compiled = compile_text(with_defaults(
      "[[grid]]\naxes.image = \"keyframes/*\"\nsteps = 9\ninclude = [{ image = \"raiden\", steps = 3 }]\n"));
  EXPECT_THAT(steps_of(compiled), ElementsAre(3, 9));
}

TEST(Include, OfAGridWithoutWhatItNeedsSaysWhy) {
  const auto compiled = compile_text(with_defaults(
      "[[grid]]\naxes.image = [\"labrador.png\"]\naxes.seed = [1]\ninclude = [{ seed = 2 }]\n"));
  EXPECT_EQ(
      said(compiled),
      "job.toml:8:12: error: include agrees with no combination, so it is a shot of its own, and it has "
      "no image; write image = \"...\" in it or in [defaults]\n");
}

TEST(Sample, KeepsSoManyChosenByTheJobsSeed) {
  const std::string axes = "axes.steps = \"1-100\"\naxes.seed = \"1-1000\"\nsample = 100\n";
  const auto first = compile_grid(axes);
  EXPECT_EQ(counts_of(first), (jobs::PlanCounts{.combinations = 100000, .left_out = 99900, .shots = 100}));
  EXPECT_EQ(seeds_of(first), seeds_of(compile_grid(axes)));
  EXPECT_NE(seeds_of(first), seeds_of(compile_grid(axes, {"job.seed=1"})));
  const auto seeds = seeds_of(first);
  EXPECT_GT(std::set<std::uint64_t>(seeds.begin(), seeds.end()).size(), 80U);
}

TEST(Sample, ChoosesOfWhatNoExcludeRemoves) {
  const auto compiled = compile_grid("axes.seed = \"1-100\"\nsample = 20\nexclude = [{ seed = \"1-50\" }]\n");
  EXPECT_EQ(counts_of(compiled),
            (jobs::PlanCounts{.combinations = 100, .excluded = 50, .left_out = 30, .shots = 20}));
  for (const std::uint64_t seed : seeds_of(compiled)) EXPECT_GT(seed, 50U);
}

TEST(Sample, StaysMostlyTheSameWhereAnAxisGrows) {
  const auto small = seeds_of(compile_grid("axes.seed = \"1-100\"\nsample = 20\n"));
  const auto grown = seeds_of(compile_grid("axes.seed = \"1-110\"\nsample = 20\n"));
  const std::set<std::uint64_t> before(small.begin(), small.end());
  EXPECT_GE(std::ranges::count_if(grown, [&](std::uint64_t seed) { return before.contains(seed); }), 15);
}

TEST(Sample, MoreThanThereAreKeepsAll) {
  EXPECT_EQ(counts_of(compile_grid("axes.seed = [1, 2]\nsample = 10\n")).shots, 2);
}

TEST(Sample, BeyondTwoMillionCombinationsIsRefused) {
  EXPECT_THAT(said(compile_grid("axes.steps = \"1-500\"\naxes.seed = \"1-100000\"\nsample = 3\n")),
              HasSubstr("has 50000000 combinations, more than 2000000, which is too many to choose"));
}

TEST(Sample, BugSeveralGridsOfMillionsTookAMinute) {
  const std::string grid = "axes.steps = \"1-100\"\naxes.seed = \"1-9000\"\nsample = 3\n";
  const std::string another = "[[grid]]\nimage = \"labrador.png\"\n" + grid;
  EXPECT_TRUE(compile_grid(grid + another).plan.has_value());
  EXPECT_THAT(said(compile_grid(grid + another + another)),
              HasSubstr("grid \"grid-3\" has 900000 combinations, with which samples are to be chosen from "
                        "2700000, more than 2000000 a job; shorten its axes, or split the job"));
}

TEST(Combinations, OneAfterTheOtherAreThoseOfTheirNumbers) {
  const dsl::internal::Document document;
  dsl::internal::Block block;
  block.pairs.resize(2);
  for (const std::size_t size : {3U, 1U, 4U}) {
    block.axes.emplace_back().values.resize(size);
  }
  const dsl::internal::Combinations combinations(document, block);
  dsl::internal::Digits digits = combinations.digits(0);
  for (std::uint64_t number = 0; number < 24; ++number, combinations.advance(digits)) {
    EXPECT_EQ(digits, combinations.digits(number)) << number;
  }
  EXPECT_EQ(digits, combinations.digits(0)) << "from the start again";
}

TEST(Grid, MoreExcludesAndOverridesThanCanBeTriedAreRefused) {
  std::string excludes = "exclude = [";
  for (int i = 0; i < 2000; ++i) excludes += "{ seed = " + std::to_string(i) + ", steps = 7 }, ";
  EXPECT_THAT(said(compile_grid("axes.seed = \"1-100000\"\nsample = 3\n" + excludes + "]\n")),
              HasSubstr("has too many excludes and includes for 100000 combinations; leave"));
  std::string some = "axes.seed = \"1-60000\"\nsample = 3\nexclude = [";
  for (int i = 0; i < 50; ++i) some += "{ seed = 1 }, ";
  EXPECT_THAT(
      said(compile_grid(some + "]\n[[grid]]\nimage = \"labrador.png\"\n" + some + "]\n")),
      HasSubstr("grid \"grid-2\" has too many excludes and includes for 60000 combinations, after those of "
                "the grids above it; leave some out"));
  std::string overrides;
  for (int i = 0; i < 5000; ++i) overrides += "[[override]]\nmatch = { seed = 1 }\nset = { steps = 2 }\n";
  EXPECT_THAT(said(compile_grid("axes.seed = \"1-5000\"\n" + overrides)), HasSubstr("too many overrides"));
}

TEST(Sample, AMillionCombinationsAreLookedThroughForKeysOfOtherLayersToo) {
  constexpr int kSeeds = 2000 / kPart;
  const auto compiled = compile_grid("axes.steps = \"1-500\"\naxes.seed = \"1-" + std::to_string(kSeeds) +
                                     "\"\nsample = 5\nfps = 7\n"
                                     "exclude = [{ fps = 7, steps = \"1-499\" }, { guidance_scale = 1 }]\n");
  EXPECT_EQ(counts_of(compiled),
            (jobs::PlanCounts{
                .combinations = 500 * kSeeds, .excluded = 499 * kSeeds, .left_out = kSeeds - 5, .shots = 5}));
}

TEST(Exclude, APatternIsForNumbersToo) {
  const auto compiled = compile_grid(
      "axes.steps = [5, 15, 25]\naxes.guidance_scale = [1, 7.5]\n"
      "exclude = [{ steps = \"?5\" }, { guidance_scale = \"7*\" }]\n");
  EXPECT_TRUE(compiled.diagnostics.empty()) << said(compiled);
  EXPECT_THAT(steps_of(compiled), ElementsAre(5));
}

TEST(Override, MayChangeAxisValuesAndTheLastMatchWins) {
  const auto compiled = compile_text(with_defaults(
      "[[grid]]\nimage = \"labrador.png\"\naxes.seed = [1, 2]\n[[shot]]\nimage = \"labrador.png\"\nseed = 3\n"
      "[[override]]\nmatch = { seed = [1, 3] }\nset = { steps = 5, seed = 4 }\n"
      "[[override]]\nmatch = { steps = 5 }\nset = { steps = 6 }\n"));
  EXPECT_THAT(steps_of(compiled), ElementsAre(6, 25));
  EXPECT_THAT(seeds_of(compiled), ElementsAre(4, 2));
  EXPECT_EQ(compiled.plan->counts.duplicates, 1);
  EXPECT_EQ(compiled.overrides.at(0).changed, 2);
  EXPECT_EQ(compiled.overrides.at(1).changed, 2);
}

TEST(Override, OfTheModelBringsTheOtherModelsDefaults) {
  const auto compiled = compile_text(with_defaults(
      "[models.a]\ncheckpoint = \"tiny\"\nsteps = 5\n[models.b]\ncheckpoint = \"sd15\"\nsteps = 6\n"
      "[[shot]]\nimage = \"labrador.png\"\nmodel = \"a\"\n"
      "[[override]]\nmatch = { model = \"a\" }\nset = { model = \"b\" }\n"));
  EXPECT_THAT(steps_of(compiled), ElementsAre(6));
}

TEST(Override, MatchesNamesTagsAndIds) {
  const std::string shots = with_defaults(
      "[[shot]]\nname = \"night-1\"\nimage = \"labrador.png\"\nseed = 1\n"
      "[[shot]]\nname = \"night-2\"\nimage = \"labrador.png\"\nseed = 2\ntags = [\"late\", \"blue\"]\n"
      "[[shot]]\nimage = \"labrador.png\"\nseed = 3\n");
  const auto changed = [&](const std::string& match) {
    return steps_of(compile_text(shots + "[[override]]\nmatch = { " + match + " }\nset = { steps = 1 }\n"));
  };
  EXPECT_THAT(changed("name = \"night-*\""), ElementsAre(1, 1, 25));
  EXPECT_THAT(changed("name = \"labrador-tiny-small\""), ElementsAre(25, 25, 1));
  EXPECT_THAT(changed("tags = \"bl*\""), ElementsAre(25, 1, 25));
  const auto plan = compile_text(shots).plan;
  ASSERT_TRUE(plan.has_value());
  const std::string id = to_hex(plan->shots.at(2).id);
  EXPECT_THAT(changed("id = \"" + id.substr(0, 12) + "\""), ElementsAre(25, 25, 1));
}

TEST(Override, MendsAShotThatCouldNotBeMadeWithoutIt) {
  const auto compiled =
      compile_text(with_defaults("[[shot]]\nname = \"a\"\nimage = \"labrador.png\"\nframes = 99\n"
                                 "[[override]]\nmatch = { frames = 99 }\nset = { frames = 8 }\n"));
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
}

TEST(Override, ThatMatchesNothingIsAWarning) {
  EXPECT_EQ(said(compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\n"
                                            "[[override]]\nmatch = { seed = 9 }\nset = { steps = 3 }\n"))),
            "job.toml:7:1: warning: override #1 { seed = 9 } matches no shot\n");
}

TEST(Precedence, PairsIncludesOverridesAndSetsComeInThisOrder) {
  const std::string grid = "steps = 2\npairs = [{ seed = 1, steps = 3 }]\naxes.magnitude = [\"small\"]\n";
  const std::string include = "include = [{ magnitude = \"small\", fps = 5, steps = 3 }]\n";
  const std::string change = "[[override]]\nmatch = { seed = 1 }\nset = { steps = 5 }\n";
  EXPECT_THAT(steps_of(compile_grid(grid)), ElementsAre(3));
  EXPECT_THAT(steps_of(compile_grid("steps = 2\naxes.seed = [1]\ninclude = [{ steps = 4 }]\n")),
              ElementsAre(4));
  EXPECT_THAT(steps_of(compile_grid(grid + include + change)), ElementsAre(5));
  EXPECT_THAT(steps_of(compile_grid(grid + include + change, {"steps=6"})), ElementsAre(6));
}

TEST(Explain, NamesTheLineOfPairIncludeAndOverride) {
  const auto compiled = compile_grid(
      "pairs = [{ seed = 1 }]\ninclude = [{ fps = 5 }]\n[[override]]\nmatch = { seed = 1 }\nset = { steps = "
      "5 }\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  const auto& origins = compiled.origins.at(0);
  EXPECT_EQ(origins.at("seed"), "job.toml:7:19");
  EXPECT_EQ(origins.at("fps"), "job.toml:8:20");
  EXPECT_EQ(origins.at("steps"), "job.toml:11:17");
}

}  // namespace
}  // namespace pia::tests
