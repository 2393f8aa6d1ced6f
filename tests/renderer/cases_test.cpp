// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include "jobs/core/error.hpp"
#include "renderer/pipeline/stages.hpp"
#include "tests/renderer/cases.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {
namespace {

class Cases : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Cases, AgreeWithTheReferenceAtEveryStep) {
  const auto& [reference, name] = GetParam();
  const Golden golden = read_golden(reference + "/" + name);
  const jobs::Shot shot = shot_of(golden);
  const jobs::ShotResult result = render_case(golden, shot, renderer::choices_of(shot.reference));
  const CaseErrors errors = errors_of(golden, result);
  std::printf(
      "%-9s %-18s text %.1e image %.1e start %.1e steps %.1e of std; bytes within %d, %.3f %% unequal\n",
      reference.c_str(), name.c_str(), errors.text, errors.image, errors.start, errors.steps,
      errors.frame_bytes, 100 * errors.unequal_bytes);
  EXPECT_TRUE(agrees(errors));
  EXPECT_EQ(result.timesteps, golden.settings.at("timesteps").get<std::vector<std::int64_t>>());
  EXPECT_EQ(result.step_latents.size(), result.timesteps.size() + 1);
  EXPECT_EQ(result.latents, result.step_latents.back());
}

INSTANTIATE_TEST_SUITE_P(Golden, Cases,
                         testing::Combine(testing::Values("official", "diffusers"),
                                          testing::ValuesIn(goldens_in("official"))),
                         [](const auto& place) {
                           std::string name = std::get<0>(place.param) + "_" + std::get<1>(place.param);
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

TEST(Cases, AreTheSameForBothReferences) {
  EXPECT_EQ(goldens_in("official"), goldens_in("diffusers"));
  EXPECT_GE(goldens_in("official").size(), 16U);
}

TEST(Decode, BugAPictureOfNoNumbersWasTakenForPixels) {
  const renderer::ResidentModel& model = rule_model("test_pia");
  at::Tensor latents = at::zeros({2, 4, 4, 4});
  const renderer::DecodeChoices choices{.rounding = renderer::ByteRounding::nearest_even};
  EXPECT_EQ(renderer::decode(model.vae_decoder, latents, choices).frames, 2);
  latents[1][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(renderer::decode(model.vae_decoder, latents, choices), jobs::Error);
}

// No golden shows it: their VAEs have the usual factor.
TEST(LatentScale, IsTheVaesOwnInDiffusersAndTheUsualOneInTheOfficialCode) {
  for (const char* reference : {"official", "diffusers"}) {
    const Golden golden = read_golden(std::string(reference) + "/small");
    jobs::Shot shot = shot_of(golden);
    shot.steps = 1;
    renderer::ResidentModel other = rule_model(golden.settings.at("model"));
    other.vae_config.scaling_factor *= 2;
    const auto choices = renderer::choices_of(shot.reference);
    const jobs::ShotResult usual = render_case(golden, shot, choices);
    const jobs::ShotResult scaled = render_with(other, golden, shot, choices);
    const bool is_official = shot.reference == jobs::Reference::official;
    EXPECT_EQ(scaled.latents == usual.latents, is_official) << reference << ": the picture's encoding";
    EXPECT_EQ(scaled.clip == usual.clip, is_official) << reference;
  }
}

// Tests of the comparison: each mistake must show.
class Teeth : public testing::TestWithParam<std::string> {
 protected:
  static bool agrees_with(const jobs::Shot& shot, const renderer::ReferenceChoices& choices,
                          const std::string& name) {
    const Golden golden = read_golden(GetParam() + "/" + name);
    return agrees(errors_of(golden, render_case(golden, shot, choices)));
  }
  static jobs::Shot shot(const std::string& name) { return shot_of(read_golden(GetParam() + "/" + name)); }
  static renderer::ReferenceChoices choices() { return renderer::choices_of(shot("moderate").reference); }
};

renderer::NormAxis swapped(renderer::NormAxis axis) {
  return axis == renderer::NormAxis::each_frame ? renderer::NormAxis::whole_clip
                                                : renderer::NormAxis::each_frame;
}

TEST_P(Teeth, ASwappedResnetNormAxisShows) {
  auto wrong = choices();
  wrong.resnet_norm = swapped(wrong.resnet_norm);
  EXPECT_FALSE(agrees_with(shot("moderate"), wrong, "moderate"));
}

TEST_P(Teeth, ASwappedMotionNormAxisShows) {
  auto wrong = choices();
  wrong.motion_norm = swapped(wrong.motion_norm);
  EXPECT_FALSE(agrees_with(shot("moderate"), wrong, "moderate"));
}

TEST_P(Teeth, OneAffinityValueOffByAHundredthShows) {
  jobs::Shot wrong = shot("moderate");
  wrong.affinity[5] += 0.01;
  EXPECT_FALSE(agrees_with(wrong, choices(), "moderate"));
}

TEST_P(Teeth, TheOtherReferencesStyleRowShows) {
  jobs::Shot wrong = shot("style-small");
  wrong.affinity = shot("style-large").affinity;
  EXPECT_FALSE(agrees_with(wrong, choices(), "style-small"));
}

TEST_P(Teeth, TheOtherReferencesStartNoiseShows) {
  auto wrong = choices();
  wrong.start_noise = wrong.start_noise == renderer::StartNoise::next_draw
                          ? renderer::StartNoise::first_draw_again
                          : renderer::StartNoise::next_draw;
  EXPECT_FALSE(agrees_with(shot("strength-0.7"), wrong, "strength-0.7"));
}

TEST_P(Teeth, TheOtherReferencesByteRoundingShows) {
  const Golden golden = read_golden(GetParam() + "/moderate");
  auto wrong = choices();
  wrong.frames = wrong.frames == renderer::ByteRounding::truncate ? renderer::ByteRounding::nearest_even
                                                                  : renderer::ByteRounding::truncate;
  const CaseErrors errors = errors_of(golden, render_case(golden, shot("moderate"), wrong));
  EXPECT_GT(errors.unequal_bytes, 0.3);
}

INSTANTIATE_TEST_SUITE_P(Golden, Teeth, testing::Values("official", "diffusers"),
                         [](const auto& place) { return place.param; });

}  // namespace
}  // namespace pia::tests
