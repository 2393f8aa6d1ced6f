// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

MapCatalog with_wildcards() {
  MapCatalog catalog = job_files();
  catalog
      .file("/jobs/wildcards/camera.txt",
            "\xEF\xBB\xBF# how it is seen\r\nclose-up\r\n\r\n  {wide|long} shot \n")
      .file("/jobs/wildcards/sky/day.txt", "blue\n")
      .file("/jobs/wildcards/sky/night.txt", "stars\n")
      .file("/jobs/wildcards/empty.txt", "# nothing\n\n")
      .file("/jobs/wildcards/bytes.txt", "\xff\n")
      .file("/jobs/more/mood.txt", "calm\n");
  return catalog;
}

dsl::Compiled compile_in(const std::string& text, const std::vector<std::string>& sets = {}) {
  static const MapCatalog kFiles = with_wildcards();
  static const dsl::Tokenizer kTokenizer;
  return dsl::compile({.path = "/jobs/job.toml",
                       .text = with_defaults(text),
                       .working_directory = "/jobs",
                       .sets = sets,
                       .out = ""},
                      {}, kFiles, {.tokenizer = &kTokenizer});
}

std::vector<std::string> prompts_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  const auto compiled = compile_in(text, sets);
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::vector<std::string> prompts;
  for (const auto& shot : compiled.plan ? compiled.plan->shots : std::vector<jobs::PlannedShot>{}) {
    prompts.push_back(shot.prompt_text);
  }
  return prompts;
}

const std::string kShot = "[[shot]]\nimage = \"labrador.png\"\n";

TEST(Prompt, ModelAndPictureStandAroundTheShots) {
  EXPECT_THAT(
      prompts_of(
          "[models.m]\ncheckpoint = \"sd15\"\nprompt_prefix = \"masterpiece, \"\nprompt_suffix = \", 4k\"\n"
          "[images.dog]\npath = \"labrador.png\"\nprompt = \"a dog\"\n"
          "[[shot]]\nimage = \"dog\"\nmodel = \"m\"\nprompt = \"running\"\n"
          "[[shot]]\nimage = \"dog\"\nmodel = \"m\"\nseed = 1\n"
          "[[shot]]\nimage = \"odd\"\nprompt = \"alone, \"\n"),
      ElementsAre("masterpiece, a dog, running, 4k", "masterpiece, a dog, 4k", "alone, "));
}

TEST(Prompt, NamesSayWhatTheShotSaysAndNotWhatStandsAroundIt) {
  const auto compiled = compile_in(
      "[models.m]\ncheckpoint = \"sd15\"\nprompt_prefix = \"masterpiece\"\n[prompts.windy]\ntext = \"{a|b} "
      "wind\"\n"
      "[[grid]]\nname = \"g\"\nimage = \"odd\"\nmodel = \"m\"\naxes.prompt = [\"sunny\", \"@windy\"]\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).name, "odd-m-small-sunny");
  EXPECT_EQ(compiled.plan->shots.at(1).name, "odd-m-small-windy");
  EXPECT_EQ(compiled.plan->shots.at(1).video_stem.find("g/odd/m/windy-animate-small-s"), 0U);
}

TEST(Prompt, TheNegativeOneStandsAlone) {
  const auto compiled = compile_in("[models.m]\ncheckpoint = \"sd15\"\nprompt_prefix = \"masterpiece\"\n" +
                                   kShot + "model = \"m\"\nnegative_prompt = \"fog\"\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).negative_prompt_text, "fog");
}

TEST(Prompt, TriggerWordsArePutInWhereTheyAreAbsent) {
  const auto with = [](const std::string& trigger, const std::string& prompt, const std::string& keys = "") {
    return prompts_of("[models.m]\ncheckpoint = \"sd15\"\ntrigger = " + trigger + "\n" + kShot +
                      "model = \"m\"\nprompt = \"" + prompt + "\"\n" + keys)
        .at(0);
  };
  EXPECT_EQ(with("\"raiden\"", "a girl"), "raiden, a girl");
  EXPECT_EQ(with("\"raiden\"", "Raiden smiling"), "Raiden smiling");
  EXPECT_EQ(with("[\"raiden\", \"genshin\"]", "genshin"), "raiden, genshin");
  EXPECT_EQ(with("\"raiden\"", "a girl", "trigger_words = false\n"), "a girl");
  EXPECT_EQ(with("false", "a girl"), "a girl");
}

TEST(Prompt, AnIdStandsForItsText) {
  EXPECT_THAT(prompts_of("[prompts.windy]\ntext = \"hair in the wind\"\n" + kShot + "prompt = \"@windy\"\n"),
              ElementsAre("hair in the wind"));
  EXPECT_EQ(
      said(compile_in("[prompts.windy]\ntext = \"x\"\n" + kShot + "prompt = \"@wind\"\n")),
      "job.toml:9:10: error: prompt = \"@wind\": there is no [prompts.wind]; did you mean \"@windy\"?\n");
  EXPECT_EQ(said(compile_in("[prompts.windy]\ntext = \"x\"\n" + kShot)),
            "job.toml:5:10: warning: [prompts.windy] is used by no shot\n");
  EXPECT_THAT(said(compile_in("[prompts]\n\"a b\".text = \"x\"\n" + kShot)),
              HasSubstr("an id of a prompt has"));
}

TEST(Prompt, AnIdIsExcludedByItsName) {
  EXPECT_THAT(prompts_of("[prompts.windy]\ntext = \"wind\"\n[[grid]]\nimage = \"odd\"\n"
                         "axes.prompt = [\"a\", \"@windy\", \"b\"]\nexclude = [{ prompt = \"@windy\" }]\n"),
              ElementsAre("a", "b"));
}

TEST(Templates, ADrawIsEqualForAllModelsAndMagnitudesOfAPictureAndSeed) {
  const auto compiled = compile_in(
      "[[grid]]\naxes.image = [\"labrador.png\", \"odd\"]\naxes.model = [\"tiny\", \"sd15\"]\n"
      "axes.magnitude = [\"small\", \"large\"]\naxes.seed = \"1-20\"\n"
      "prompt = \"{a|b|c|d|e|f|g|h} {1|2|3|4|5|6|7|8}\"\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::map<std::pair<std::string, std::uint64_t>, std::set<std::string>> drawn;
  std::set<std::string> all;
  for (const auto& shot : compiled.plan->shots) {
    drawn[{shot.image_id, shot.shot.seed}].insert(shot.prompt_text);
    all.insert(shot.prompt_text);
  }
  EXPECT_EQ(drawn.size(), 40U);
  for (const auto& [of, texts] : drawn) EXPECT_EQ(texts.size(), 1U) << of.first << of.second;
  EXPECT_GT(all.size(), 15U);
}

TEST(Templates, AnotherRootSeedDrawsOtherwise) {
  const std::string text = kShot + "seed = 3\nprompt = \"{a|b|c|d|e|f|g|h} {1|2|3|4|5|6|7|8}\"\n";
  EXPECT_EQ(prompts_of(text), prompts_of(text));
  EXPECT_NE(prompts_of(text, {"job.seed=1"}), prompts_of(text, {"job.seed=2"}));
}

TEST(Templates, PlainSyntaxTakesThemLiterally) {
  EXPECT_THAT(prompts_of(kShot + "prompt = \"{a|b} __camera__ @x\"\nprompt_syntax = \"plain\"\n"),
              ElementsAre("{a|b} __camera__ @x"));
}

TEST(Templates, AllOfThemAreAnAxis) {
  const std::string grid = "[[grid]]\nname = \"g\"\nimage = \"odd\"\nexpand = \"all\"\n";
  EXPECT_THAT(
      prompts_of(grid + "prompt = \"{a|b} __camera__\"\n axes.seed = [1]\n"),
      ElementsAre("a close-up", "a wide shot", "a long shot", "b close-up", "b wide shot", "b long shot"));
  EXPECT_THAT(prompts_of("[prompts.p]\ntext = \"{x|y}\"\n" + grid +
                         "axes.prompt = [\"{a|b}\", \"@p\", \"c\"]\nexclude = [{ prompt = \"@p\" }]\n"),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(prompts_of("[job]\nexpand = \"all\"\n" + kShot + "prompt = \"{a|b}\"\n"),
              ElementsAre("a", "b"));
  EXPECT_THAT(prompts_of(grid + "prompt = \"{a|b}\"\n"), ElementsAre("a", "b"));
  EXPECT_EQ(said(compile_in("[prompts.p]\ntext = \"{x|y}\"\n" + grid + "axes.prompt = [\"@p\"]\n")), "");
}

TEST(Wildcards, AreLinesOfTextsBesideTheJobOrUnderTheirPaths) {
  EXPECT_THAT(prompts_of(kShot + "prompt = \"__sky/day__\"\n"), ElementsAre("blue"));
  EXPECT_THAT(prompts_of("[paths]\nwildcards = [\"none\", \"more\"]\n" + kShot + "prompt = \"__mood__\"\n"),
              ElementsAre("calm"));
  std::set<std::string> skies;
  for (const auto& prompt :
       prompts_of("[[grid]]\nimage = \"odd\"\naxes.seed = \"1-30\"\nprompt = \"__sky/*__\"\n")) {
    skies.insert(prompt);
  }
  EXPECT_THAT(skies, ElementsAre("blue", "stars"));
}

TEST(Wildcards, WhatIsNotThereIsSaid) {
  const auto says = [](const std::string& prompt) {
    return said(compile_in(kShot + "prompt = \"" + prompt + "\"\n"));
  };
  EXPECT_EQ(says("__camra__"),
            "job.toml:7:10: error: wildcard __camra__ is not there: looked for /jobs/wildcards/camra.txt; "
            "write \\_ "
            "for an underscore that is meant; did you mean \"camera\"?\n");
  EXPECT_THAT(says("__../../etc/passwd__"), HasSubstr("leads out of the wildcards' folder"));
  EXPECT_THAT(says("__/etc/passwd__"), HasSubstr("leads out of the wildcards' folder"));
  EXPECT_THAT(says("__empty__"), HasSubstr("holds no line to draw"));
  EXPECT_THAT(says("__bytes__"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(says("{a|b"), HasSubstr("is not closed"));
}

}  // namespace
}  // namespace pia::tests
