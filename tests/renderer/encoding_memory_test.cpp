// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/encoding_memory.hpp"

#include <ATen/ops/full.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "jobs/core/error.hpp"
#include "renderer/pipeline/render_shot.hpp"
#include "tests/renderer/cases.hpp"
#include "tests/renderer/golden.hpp"
#include "tests/renderer/observers.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {
namespace {

using renderer::EncodingMemory;

float encoded(EncodingMemory& memory, const std::string& key, float value) {
  return memory.encoding(key, [value] { return at::full({1}, value); }).item<float>();
}

TEST(EncodingMemory, MakesAnEncodingOnce) {
  EncodingMemory memory;
  EXPECT_EQ(encoded(memory, "dog", 1), 1);
  EXPECT_EQ(encoded(memory, "dog", 2), 1);
  EXPECT_EQ(encoded(memory, "cat", 3), 3);
  EXPECT_EQ(memory.made(), 2);
}

TEST(EncodingMemory, ForgetsWhatWasNotUsedForLongest) {
  EncodingMemory memory(2);
  encoded(memory, "dog", 1);
  encoded(memory, "cat", 2);
  encoded(memory, "dog", 3);
  encoded(memory, "cow", 4);
  EXPECT_EQ(encoded(memory, "dog", 5), 1);
  EXPECT_EQ(encoded(memory, "cat", 6), 6);
}

TEST(EncodingMemory, KeepsNothingOfAnEncodingThatFailed) {
  EncodingMemory memory;
  EXPECT_THROW(memory.encoding("dog", []() -> at::Tensor { throw jobs::InputError("no"); }),
               jobs::InputError);
  EXPECT_EQ(encoded(memory, "dog", 1), 1);
}

TEST(EncodingMemory, AnotherSeedOfAShotEncodesNothingAndGivesItsOwnBytes) {
  const c10::InferenceMode inference;
  const Golden golden = read_golden("official/frames-8");
  const jobs::Image picture = image_of(golden);
  jobs::Shot shot = shot_of(golden);
  shot.steps = 1;
  EncodingMemory warm;
  const auto render = [&](EncodingMemory& memory) {
    Watcher watcher;
    return std::get<jobs::ShotResult>(renderer::render_shot({.model = rule_model(golden.settings.at("model")),
                                                             .memory = memory,
                                                             .choices = renderer::choices_of(shot.reference),
                                                             .now = [] { return 0.0; }},
                                                            {.shot = shot, .image = picture}, watcher));
  };
  render(warm);
  EXPECT_EQ(warm.made(), 3);
  shot.seed += 1;
  const jobs::ShotResult again = render(warm);
  EXPECT_EQ(warm.made(), 3);
  EncodingMemory cold;
  EXPECT_EQ(again.latents, render(cold).latents);
}

}  // namespace
}  // namespace pia::tests
