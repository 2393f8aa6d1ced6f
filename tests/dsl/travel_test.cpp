// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/travel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/plan_json.hpp"
#include "jobs/core/recipe.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using namespace dsl::internal;
using testing::HasSubstr;

// "0:0" a frame: the keyframe it is on, or "0-1:0.25" on its way.
std::string course(const std::vector<int>& at, const Course& course) {
  std::string text;
  for (const Blend& blend : blends(at, course)) {
    text += (text.empty() ? "" : " ") + std::to_string(blend.from);
    char weight[32];
    std::snprintf(weight, sizeof weight, "-%zu:%.4g", blend.to, blend.weight);
    if (blend.weight > 0) text += weight;
  }
  return text;
}

TEST(Travel, MovesEvenlyFromKeyframeToKeyframeAndStaysOnTheLast) {
  EXPECT_EQ(course({0, 4}, {.frames = 8}), "0 0-1:0.25 0-1:0.5 0-1:0.75 1 1 1 1");
  EXPECT_EQ(course({2, 4}, {.frames = 6}), "0 0 0 0-1:0.5 1 1");
}

TEST(Travel, WrapsTowardsTheFirstKeyframeAtTheEnd) {
  EXPECT_EQ(course({0, 4}, {.frames = 8, .wraps = true}),
            "0 0-1:0.25 0-1:0.5 0-1:0.75 1 1-0:0.25 1-0:0.5 1-0:0.75");
  EXPECT_EQ(course({2, 4}, {.frames = 8, .wraps = true}),
            "1-0:0.6667 1-0:0.8333 0 0-1:0.5 1 1-0:0.1667 1-0:0.3333 1-0:0.5");
}

TEST(Travel, HoldsAShareOfEachSegmentTheLastEndingWithTheClip) {
  EXPECT_EQ(course({0, 4}, {.frames = 8, .hold = 0.25, .wraps = true}),
            "0 0 0-1:0.3333 0-1:0.6667 1 1 1-0:0.3333 1-0:0.6667");
  EXPECT_EQ(course({0, 4}, {.frames = 6, .hold = 1}), "0 0 0 0 1 1");
  EXPECT_EQ(course({0, 16}, {.frames = 17, .hold = 0.25}).substr(0, 21), "0 0 0 0 0 0-1:0.08333");
}

TEST(Travel, OneKeyframeIsConstantWherever) {
  EXPECT_EQ(course({0}, {.frames = 3, .wraps = true}), "0 0 0");
  EXPECT_EQ(course({2}, {.frames = 3}), "0 0 0");
}

TEST(Travel, AKeyframeOnTheLastFrameIsReachedThere) {
  EXPECT_EQ(course({0, 3}, {.frames = 4}), "0 0-1:0.3333 0-1:0.6667 1");
  EXPECT_EQ(course({0, 3}, {.frames = 4, .wraps = true}), "0 0-1:0.3333 0-1:0.6667 1");
}

Span span(const std::string& name, int frames) {
  const auto parsed = keyframe_name(name);
  EXPECT_TRUE(parsed.has_value()) << name;
  const auto found = span_of(*parsed, frames);
  return std::holds_alternative<Span>(found) ? std::get<Span>(found) : Span{-1, -1};
}

TEST(Travel, KeyframesAreFramesSharesAndRanges) {
  EXPECT_EQ(span("16", 48).first, 16);
  EXPECT_EQ(span("-1", 48).first, 47);
  EXPECT_EQ(span("100%", 48).first, 47);
  EXPECT_EQ(span("75%", 48).first, 35);
  EXPECT_EQ(span("0.5", 16).first, 8);
  EXPECT_EQ(span("50%", 1).first, 0);
  EXPECT_EQ(span("8:16", 48).first, 8);
  EXPECT_EQ(span("8:16", 48).last, 15);
  EXPECT_EQ(span("8:48", 48).last, 47);
  EXPECT_EQ(span("48", 48).first, -1);
  EXPECT_EQ(span("-49", 48).first, -1);
  EXPECT_EQ(span("8:49", 48).first, -1);
  EXPECT_EQ(span("8:8", 48).first, -1);
  for (const char* name :
       {"", "x", "1.5", "101%", "-1%", "8:", ":8", "1e99999", "nan", "99999999999999999999"}) {
    EXPECT_FALSE(keyframe_name(name).has_value()) << name;
  }
}

dsl::Compiled compile_shot(const std::string& keys, const std::vector<std::string>& sets = {}) {
  return compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\n" + keys), sets);
}

jobs::PlannedShot shot_of(const dsl::Compiled& compiled) {
  const auto& plan = compiled.plan ? compiled.plan : compiled.refused;
  EXPECT_TRUE(plan.has_value()) << said(compiled);
  return plan ? plan->shots.at(0) : jobs::PlannedShot{};
}

using Texts = std::map<int, std::string>;

TEST(PromptTravel, IsPlannedWhole) {
  const auto compiled = compile_shot(
      "frames = 9\nprompt.head = \"cliff\"\nprompt.0 = \"sun\"\nprompt.\"50%\" = \"noon\"\n"
      "prompt.-1 = \"storm\"\nprompt.tail = \"4k\"\nprompt.interp = \"lerp\"\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  const auto shot = shot_of(compiled);
  EXPECT_EQ(shot.prompt_travel,
            (Texts{{0, "cliff, sun, 4k"}, {4, "cliff, noon, 4k"}, {8, "cliff, storm, 4k"}}));
  ASSERT_EQ(shot.shot.prompt.blends.size(), 9U);
  EXPECT_EQ(shot.shot.prompt.blends[5], (jobs::PromptBlend{4, 8, 0.25}));
  EXPECT_EQ(shot.shot.prompt.blending, jobs::Blending::lerp);
  EXPECT_EQ(dsl::shot_from_json(dsl::shot_to_json(shot)), shot);
}

// "0-8:8" a gap.
std::string gaps(int least, const std::map<int, std::string>& texts, const Course& course) {
  std::string text;
  for (const Gap& gap : gaps_below(least, texts, course)) {
    text += (text.empty() ? "" : " ") + std::to_string(gap.from) + "-" + std::to_string(gap.to) + ":" +
            std::to_string(gap.frames);
  }
  return text;
}

TEST(Travel, GapsLieBetweenTheBeginningsOfTexts) {
  EXPECT_EQ(gaps(16, {{0, "a"}, {8, "b"}, {24, "c"}, {31, "d"}}, {.frames = 32}), "0-8:8 24-31:7");
  EXPECT_EQ(gaps(16, {{0, "a"}, {16, "a"}, {20, "b"}, {31, "b"}}, {.frames = 32}), "") << "a is seen from 0";
  EXPECT_EQ(gaps(4, {{0, "a"}, {7, "a"}, {8, "b"}, {15, "b"}}, {.frames = 16}), "") << "\"0:8\" and \"8:16\"";
  EXPECT_EQ(gaps(16, {{0, "a"}, {1, "a"}}, {.frames = 32, .wraps = true}), "");
}

TEST(Travel, GapsGoRoundWithTheClip) {
  EXPECT_EQ(gaps(16, {{0, "a"}, {16, "b"}}, {.frames = 24}), "");
  EXPECT_EQ(gaps(16, {{0, "a"}, {16, "b"}}, {.frames = 24, .wraps = true}), "16-0:8");
  EXPECT_EQ(gaps(16, {{0, "a"}, {8, "b"}, {40, "a"}}, {.frames = 48, .wraps = true}), "") << "a begins at 40";
  EXPECT_EQ(gaps(16, {{0, "a"}, {4, "b"}, {40, "a"}}, {.frames = 48, .wraps = true}), "40-4:12");
}

std::string warned(const std::string& keys) {
  return said(compile_shot(keys));
}

TEST(PromptTravel, KeyframesCloserThanAWindowAreAllNamed) {
  const std::string far = "prompt.0 = \"a\"\nprompt.16 = \"b\"\n";
  EXPECT_EQ(warned("frames = 17\n" + far), "");
  EXPECT_EQ(warned("frames = 24\nmode = \"loop\"\nprompt.wrap = false\n" + far), "");
  EXPECT_EQ(warned("frames = 24\nmode = \"loop\"\n" + far),
            "job.toml:9:1: warning: keyframes of prompt are closer than the 16 frames that motion is made of "
            "at once, which blends them: 16 and 0 again (8 frames apart); keep them 16 frames apart in a "
            "longer clip, or leave some out\n");
  EXPECT_THAT(warned("frames = 32\nprompt = { 0 = \"a\", 8 = \"b\", 15 = \"c\", 31 = \"d\" }\n"),
              HasSubstr(": 0 and 8 (8 frames apart), 8 and 15 (7); keep them 16 frames apart"));
  EXPECT_EQ(warned("frames = 24\ncontext = { length = 8 }\n" + far + "prompt.8 = \"c\"\n"), "");
}

// Three keyframes in 16 frames are what everybody writes first, and there is no room for more.
TEST(PromptTravel, KeyframesOfAClipThatIsMadeAtOnceMayBeAsCloseAsCanBeSeen) {
  EXPECT_EQ(warned("prompt = { 0 = \"a\", 8 = \"b\", 15 = \"c\" }\n"), "");
  EXPECT_EQ(warned("frames = 24\ncontext = false\nprompt = { 0 = \"a\", 4 = \"b\" }\n"), "");
  EXPECT_EQ(
      warned("prompt = { 0 = \"a\", 1 = \"b\", 4 = \"c\", 8 = \"d\" }\n"),
      "job.toml:7:10: warning: keyframes of prompt are too close to be seen one by one: 0 and 1 (1 frame "
      "apart), 1 and 4 (3); keep them 4 frames apart\n");
}

TEST(PromptTravel, AThousandCloseKeyframesAreNamedInALine) {
  std::string keys = "frames = 1000\n";
  for (int i = 0; i < 100; ++i) {
    keys += "prompt." + std::to_string(i) + " = \"" + std::string(i % 2 == 0 ? "a" : "b") + "\"\n";
  }
  EXPECT_THAT(warned(keys), HasSubstr("7 and 8 (1) and 91 more; keep"));
}

// It said "motion is made of 17 frames at once" of a clip whose windows were not known yet.
TEST(PromptTravel, BesideAnotherErrorNoWindowIsMadeUp) {
  const std::string keys = "frames = 17\nprompt = { 0 = \"a\", 8 = \"b\" }\n";
  EXPECT_THAT(warned(keys), HasSubstr("closer than the 16 frames"));
  for (const char* error : {"model = \"gone\"\n", "context = { length = 4, overlap = 4 }\n"}) {
    const std::string text = warned(error + keys);
    EXPECT_THAT(text, HasSubstr("error: ")) << error;
    EXPECT_THAT(text, testing::Not(HasSubstr("warning"))) << error;
  }
}

TEST(PromptTravel, AllKeyframesOfBothPromptsHaveAsManyChunks) {
  const auto shot = shot_of(compile_shot(
      "frames = 32\nprompt.0 = \"a\"\nprompt.16 = \"b BREAK (c:2)\"\nnegative_prompt.0 = \"(x:1.5)\"\n"
      "negative_prompt.31 = \"y\"\n"));
  for (const auto* track : {&shot.shot.prompt, &shot.shot.negative_prompt}) {
    for (const auto& keyframe : track->keyframes) {
      EXPECT_EQ(keyframe.ids.size(), 154U);
      EXPECT_TRUE(keyframe.weights.empty() || keyframe.weights.size() == 154U);
    }
  }
  EXPECT_EQ(dsl::shot_from_json(dsl::shot_to_json(shot)), shot);
}

TEST(PromptTravel, WrapsInLoopModeUnlessItSaysOtherwise) {
  const std::string keys = "frames = 8\nprompt.0 = \"a\"\nprompt.4 = \"b\"\nmode = ";
  EXPECT_EQ(shot_of(compile_shot(keys + "\"loop\"\n")).shot.prompt.blends.at(6).to, 0);
  EXPECT_EQ(shot_of(compile_shot(keys + "\"loop\"\nprompt.wrap = false\n")).shot.prompt.blends.at(6).to, 4);
  EXPECT_EQ(shot_of(compile_shot(keys + "\"animate\"\n")).shot.prompt.blends.at(6).to, 4);
}

TEST(PromptTravel, OfEqualTextsIsAConstantPrompt) {
  const auto travel = compile_shot("prompt.0 = \"a\"\nprompt.8 = \"a\"\n");
  EXPECT_EQ(shot_of(travel).id, shot_of(compile_shot("prompt = \"a\"\n")).id);
  EXPECT_TRUE(travel.plan.has_value()) << said(travel);
  EXPECT_EQ(shot_of(compile_shot("prompt.\"4:8\" = \"a\"\n")).prompt_text, "a");
}

TEST(PromptTravel, OfTheNegativePromptIsItsOwn) {
  const auto shot = shot_of(compile_shot("negative_prompt.0 = \"fog\"\nnegative_prompt.15 = \"sun\"\n"));
  EXPECT_EQ(shot.negative_prompt_travel, (Texts{{0, "fog"}, {15, "sun"}}));
  EXPECT_TRUE(shot.prompt_travel.empty());
}

TEST(PromptTravel, MayComeFromTheCommandLineAndFromPrompts) {
  EXPECT_EQ(shot_of(compile_shot("prompt = \"x\"\n", {"prompt.0=a", "prompt.\"100%\"=b"})).prompt_travel,
            (Texts{{0, "a"}, {15, "b"}}));
  const auto by_id = compile_text(
      with_defaults("[prompts.day]\n0 = \"sun\"\n8 = \"@moon\"\n[prompts.moon]\ntext = \"moon\"\n"
                    "[[shot]]\nimage = \"labrador.png\"\nprompt = \"@day\"\n"));
  EXPECT_EQ(shot_of(by_id).prompt_travel, (Texts{{0, "sun"}, {8, "moon"}}));
}

TEST(PromptTravel, ATravelWithinATravelIsRefused) {
  const auto compiled = compile_text(
      with_defaults("[prompts.day]\n0 = \"sun\"\n8 = \"@day\"\n[[shot]]\nimage = \"labrador.png\"\n"
                    "prompt = \"@day\"\n"));
  EXPECT_EQ(said(compiled),
            "job.toml:7:1: error: keyframe \"8\" is \"@day\", which travels itself; name a text\n");
  EXPECT_FALSE(compiled.plan.has_value() || compiled.refused.has_value());
}

TEST(PromptTravel, ChangesTheIdByEveryPartThatCountsAndNoOther) {
  const std::string travel = "prompt.0 = \"a\"\nprompt.8 = \"b\"\n";
  const auto id = shot_of(compile_shot(travel)).id;
  EXPECT_EQ(shot_of(compile_shot("prompt.\"0%\" = \"a\"\nprompt.8 = \"b\"\nprompt.hold = 0\n")).id, id);
  for (const char* other : {"prompt.hold = 0.5\n", "prompt.interp = \"lerp\"\n", "prompt.wrap = true\n",
                            "prompt.12 = \"c\"\n", "prompt.head = \"h\"\n"}) {
    EXPECT_NE(shot_of(compile_shot(travel + other)).id, id) << other;
  }
}

TEST(PromptTravel, WhatIsWrongIsSaidAtTheKeyframe) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"prompt.16 = \"a\"\n",
       "job.toml:7:8: error: keyframe 16 is outside the 16 frames; they count from 0 to 15, or from -1 "
       "backwards\n"},
      {"prompt.0 = \"a\"\nprompt.\"0%\" = \"b\"\n",
       "job.toml:8:8: error: keyframe \"0%\" is at frame 0, where another one is; leave one out\n"},
      {"prompt.0.5 = \"a\"\n",
       "job.toml:7:8: error: keyframe 0 holds a table; write decimals in quotes: prompt.\"0.5\" = \"...\"\n"},
      {"prompt.hed = \"a\"\nprompt.0 = \"a\"\n",
       "job.toml:7:8: error: unknown key \"hed\" in prompt; it takes keyframes (0, -1, \"50%\", "
       "\"8:16\"), head, tail, hold, interp and wrap; did you mean \"head\"?\n"},
      {"prompt.head = \"a\"\n", "job.toml:7:1: error: prompt has no keyframe; write prompt.0 = \"...\"\n"},
      {"prompt.0 = 3\n", "job.toml:7:12: error: prompt.0 must be a string in quotes, not 3\n"},
      {"prompt.0 = \"a\"\nprompt.hold = 2\n",
       "job.toml:8:15: error: prompt.hold must be a number from 0 to 1, not 2\n"},
      {"prompt.0 = \"a\"\nprompt.interp = \"slurp\"\n",
       "job.toml:8:17: error: prompt.interp must be \"slerp\" or \"lerp\", not \"slurp\"; did you mean "
       "\"slerp\"?\n"},
  };
  for (const auto& [keys, expected] : cases) EXPECT_EQ(said(compile_shot(keys)), expected);
}

}  // namespace
}  // namespace pia::tests
