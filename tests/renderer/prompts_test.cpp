// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/prompts.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "jobs/core/error.hpp"
#include "renderer/pipeline/clip_texts.hpp"
#include "renderer/pipeline/stages.hpp"
#include "tests/renderer/golden.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {
namespace {

using renderer::EncodingMemory;
using renderer::SkippedLayers;
using renderer::TextMix;
using renderer::TextTrack;

/// A shot that has the golden's prompt as its prompt and as its negative prompt.
jobs::Shot shot_with(const Golden& golden, int clip_skip) {
  const at::Tensor ids = golden["ids"].contiguous().view({-1});
  const auto* id = ids.const_data_ptr<std::int32_t>();
  jobs::Shot shot;
  shot.prompt.keyframes = {{.frame = 0,
                            .ids = {id, id + ids.numel()},
                            .weights = golden.settings.at("weights").get<std::vector<double>>()}};
  shot.negative_prompt = shot.prompt;
  shot.clip_skip = clip_skip;
  return shot;
}

std::vector<TextTrack> read(const jobs::Shot& shot, EncodingMemory& memory,
                            SkippedLayers skipped = SkippedLayers::of_both_prompts) {
  const c10::InferenceMode inference;
  return renderer::read_prompts(
      shot, {.model = rule_model("mirrored"), .memory = memory, .skipped_layers = skipped});
}

at::Tensor read_positive(const jobs::Shot& shot) {
  const c10::InferenceMode inference;
  EncodingMemory memory;
  return read(shot, memory).back().keyframe(0);
}

class Weighted : public testing::TestWithParam<std::string> {};

TEST_P(Weighted, AndLongPromptsAreReadAsInAutomatic1111) {
  const Golden golden = read_golden("prompts/" + GetParam());
  for (const int clip_skip : {1, 2}) {
    const at::Tensor text = read_positive(shot_with(golden, clip_skip));
    const double error = largest_error(text, golden["text_" + std::to_string(clip_skip)]);
    std::printf("%-10s clip_skip %d: largest error %.1e of std\n", GetParam().c_str(), clip_skip, error);
    EXPECT_LE(error, 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, Weighted, testing::ValuesIn(goldens_in("prompts")),
                         [](const auto& place) { return place.param; });

// Tests of the comparison: each mistake must show.
TEST(Weighted, AMistakeShows) {
  const Golden golden = read_golden("prompts/long");
  const jobs::Shot right = shot_with(golden, 1);
  const auto error = [&](const at::Tensor& text) { return largest_error(text, golden["text_1"]); };
  jobs::Shot plain = right;
  plain.prompt.keyframes[0].weights.clear();
  EXPECT_GT(error(read_positive(plain)), 1e-2) << "no weights";
  EXPECT_GT(error(read_positive(shot_with(golden, 2))), 1e-2) << "another layer";
  jobs::Shot one_off = right;
  for (double& weight : one_off.prompt.keyframes[0].weights) weight = weight == 1 ? 1 : weight + 0.01;
  EXPECT_GT(error(read_positive(one_off)), 1e-3) << "a weight off by a hundredth";
  const auto& weights = right.prompt.keyframes[0].weights;
  const c10::InferenceMode inference;
  EXPECT_GT(error(renderer::emphasised(read_positive(plain), weights)), 1e-3) << "one mean for all chunks";
  EXPECT_GT(error(read_positive(plain) * at::tensor(weights).to(at::kFloat).view({1, -1, 1})), 1e-3)
      << "the mean not restored";
}

TEST(Emphasis, OfOneEverywhereChangesNoByte) {
  const c10::InferenceMode inference;
  jobs::Shot shot = shot_with(read_golden("prompts/weighted"), 1);
  shot.prompt.keyframes[0].weights.assign(77, 1.0);
  const at::Tensor with = read_positive(shot);
  shot.prompt.keyframes[0].weights.clear();
  EXPECT_TRUE(at::equal(with, read_positive(shot)));
}

TEST(Emphasis, ThatLeavesNothingIsNoNumberToDivideBy) {
  const c10::InferenceMode inference;
  const at::Tensor silent = renderer::emphasised(at::ones({1, 2, 3}), std::vector<double>{0, 0});
  EXPECT_TRUE(at::equal(silent, at::zeros({1, 2, 3})));
}

TEST(ClipSkip, IsOfBothPromptsButInDiffusersOfThePrompt) {
  const c10::InferenceMode inference;
  const jobs::Shot shot = shot_with(read_golden("prompts/weighted"), 2);
  EncodingMemory memory;
  const auto both = read(shot, memory);
  EXPECT_TRUE(at::equal(both[0].keyframe(0), both[1].keyframe(0)));
  const auto one = read(shot, memory, SkippedLayers::of_the_prompt);
  EXPECT_TRUE(at::equal(one[1].keyframe(0), both[1].keyframe(0)));
  EXPECT_FALSE(at::equal(one[0].keyframe(0), both[0].keyframe(0)));
}

TEST(Prompts, AWarmMemoryGivesEveryShotItsOwnBytes) {
  const c10::InferenceMode inference;
  const jobs::Shot plain = shot_with(read_golden("prompts/weighted"), 1);
  jobs::Shot heavier = plain;
  heavier.prompt.keyframes[0].weights[2] = 1.9;
  jobs::Shot skipping = plain;
  skipping.clip_skip = 2;
  EncodingMemory warm;
  for (const jobs::Shot& shot : {plain, heavier, skipping, plain}) {
    EXPECT_TRUE(at::equal(read(shot, warm).back().keyframe(0), read_positive(shot)));
  }
  EXPECT_EQ(warm.made(), 2) << "one a layer: weights encode nothing anew";
}

TEST(Prompts, ALongOneIsItsChunksOneByOne) {
  const c10::InferenceMode inference;
  jobs::Shot shot = shot_with(read_golden("prompts/break"), 1);
  const at::Tensor whole = read_positive(shot);
  auto& keyframe = shot.prompt.keyframes[0];
  keyframe.ids.resize(77);
  keyframe.weights.resize(77);
  EXPECT_EQ(whole.size(1), 154);
  EXPECT_TRUE(at::equal(whole.narrow(1, 0, 77), read_positive(shot)));
}

TEST(Blending, MovesOnTheArcOrOnTheLine) {
  const c10::InferenceMode inference;
  const at::Tensor a = at::tensor({3.0F, 0.0F}).view({1, 1, 2});
  const at::Tensor b = at::tensor({0.0F, 5.0F}).view({1, 1, 2});
  const auto at = [&](double weight, jobs::Blending blending, const at::Tensor& to) {
    const at::Tensor mixed = renderer::blended(a, to, weight, blending);
    return std::pair(mixed[0][0][0].item<float>(), mixed[0][0][1].item<float>());
  };
  const auto half = at(0.5, jobs::Blending::slerp, b);
  EXPECT_FLOAT_EQ(half.first, 3 * static_cast<float>(std::sqrt(0.5)));
  EXPECT_FLOAT_EQ(half.second, 5 * static_cast<float>(std::sqrt(0.5)));
  EXPECT_EQ(at(0.5, jobs::Blending::lerp, b), std::pair(1.5F, 2.5F));
  EXPECT_EQ(at(0, jobs::Blending::slerp, b), std::pair(3.0F, 0.0F));
  EXPECT_EQ(at(0.5, jobs::Blending::slerp, a * 2), std::pair(4.5F, 0.0F)) << "parallel ones on the line";
  EXPECT_EQ(at(0.5, jobs::Blending::slerp, a * -2), std::pair(-1.5F, 0.0F)) << "opposite ones too";
}

TextTrack track_of(std::vector<TextMix> frames) {
  const at::Tensor text = read_golden("modules/unet_41")["in_text"];
  return {.keyframe = [text](std::size_t i) { return text.narrow(0, static_cast<std::int64_t>(i % 2), 1); },
          .frames = std::move(frames)};
}

TEST(ClipTexts, ConstantPromptsAreMadeOnceAShotWhateverTheWindows) {
  const c10::InferenceMode inference;
  renderer::ClipTexts texts(rule_model("mirrored").unet, {track_of({}), track_of({})});
  using Frames = std::vector<std::int64_t>;
  for (const Frames& frames : {Frames{0, 1, 2}, Frames{2, 3, 4}, Frames{0, 1, 2}}) {
    EXPECT_EQ(texts.of(frames).front().k.size(0), 2);
    EXPECT_TRUE(texts.of(frames).front().runs.empty());
  }
  EXPECT_EQ(texts.made(), 1);
}

TEST(ClipTexts, FramesThatReadTheSameShareTheirKeys) {
  const c10::InferenceMode inference;
  const TextMix day{}, dusk{.from = 0, .to = 1, .weight = 0.5}, night{.from = 1, .to = 1};
  renderer::ClipTexts texts(rule_model("mirrored").unet,
                            {track_of({}), track_of({day, day, dusk, night, night, dusk})});
  const std::vector<std::int64_t> all = {0, 1, 2, 3, 4, 5};
  const auto& keys = texts.of(all).front();
  EXPECT_EQ(keys.k.size(0), 4);
  using Runs = std::vector<renderer::TextRun>;
  EXPECT_EQ(keys.runs, (Runs{{0, 6}, {1, 2}, {2, 1}, {3, 2}, {2, 1}}));
  texts.of(all);
  EXPECT_EQ(texts.made(), 1);
  const std::vector<std::int64_t> still = {3, 4};
  EXPECT_TRUE(texts.of(still).front().runs.empty()) << "within these frames nothing moves";
  EXPECT_EQ(texts.made(), 2);
}

/// A travel with a keyframe of its own for each of `frames` frames.
jobs::Shot restless_shot(int frames) {
  jobs::Shot shot = shot_with(read_golden("prompts/weighted"), 1);
  const jobs::PromptKeyframe first = shot.prompt.keyframes[0];
  shot.prompt.keyframes.clear();
  for (int frame = 0; frame < frames; ++frame) {
    shot.prompt.keyframes.push_back({.frame = frame, .ids = first.ids, .weights = first.weights});
    shot.prompt.keyframes.back().ids[1] = 1 + frame;
    shot.prompt.blends.push_back({.from = frame, .to = frame, .weight = 0});
  }
  return shot;
}

TEST(Travel, BugAllKeyframesOfAClipWereEncodedBeforeItsFirstStep) {
  const c10::InferenceMode inference;
  const jobs::Shot shot = restless_shot(40);
  EncodingMemory memory(6);
  renderer::ClipTexts texts(rule_model("mirrored").unet, read(shot, memory));
  EXPECT_EQ(memory.made(), 0);
  const std::vector<std::int64_t> window = {3, 4, 5, 6};
  texts.of(window);
  EXPECT_EQ(memory.made(), 5) << "four keyframes and the negative prompt";
}

TEST(Travel, WithMoreKeyframesThanAreKeptReadsTheSameBytes) {
  const c10::InferenceMode inference;
  const jobs::Shot shot = restless_shot(12);
  EncodingMemory small(2), large;
  renderer::ClipTexts forgetful(rule_model("mirrored").unet, read(shot, small));
  renderer::ClipTexts mindful(rule_model("mirrored").unet, read(shot, large));
  for (const std::int64_t first : {0, 6, 3, 0}) {
    const std::vector<std::int64_t> window = {first, first + 1, first + 2, first + 3, first + 4, first + 5};
    EXPECT_TRUE(at::equal(forgetful.of(window).front().k, mindful.of(window).front().k));
  }
  EXPECT_EQ(large.made(), 13);
  EXPECT_GT(small.made(), 13);
}

TEST(Travel, AnUnknownTokenOfAnyKeyframeIsToldBeforeTheFirstStep) {
  jobs::Shot shot = restless_shot(40);
  shot.prompt.keyframes[30].ids[5] = 1 << 20;
  EncodingMemory memory;
  EXPECT_THROW(read(shot, memory), jobs::InputError);
}

TEST(ClipTexts, EachFrameAttendsToItsOwnText) {
  const c10::InferenceMode inference;
  const Golden golden = read_golden("modules/unet_41");
  const auto& unet = rule_model("mirrored").unet;
  const at::Tensor text = golden["in_text"];
  const auto& layer = *unet.down_blocks[0].layers[0].attention;
  const at::Tensor x = at::cat({text, text * 2, text - 1}).narrow(1, 0, 12).contiguous();
  auto keys = keys_of(layer.attn2, text);
  keys.runs = {{1, 1}, {0, 3}, {1, 2}};
  const at::Tensor together = forward(layer.attn2, x, keys);
  std::int64_t at = 0;
  for (const auto& [row, pictures] : keys.runs) {
    const auto own = keys_of(layer.attn2, text.narrow(0, row, 1));
    const at::Tensor alone = forward(layer.attn2, x.narrow(0, at, pictures), own);
    EXPECT_LE(largest_error(together.narrow(0, at, pictures), alone), 1e-6);
    at += pictures;
  }
}

}  // namespace
}  // namespace pia::tests
