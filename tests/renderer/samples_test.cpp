// SPDX-License-Identifier: Apache-2.0
#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "renderer/nn/clip_text.hpp"
#include "renderer/pipeline/stages.hpp"
#include "renderer/samplers/ddim.hpp"
#include "renderer/training/batches.hpp"
#include "renderer/training/chance.hpp"
#include "tests/renderer/flicker.hpp"

namespace pia::tests {
namespace {

const auto kNever = [] { return false; };

// The clip of an example by the renderer's own stages.
jobs::Clip rendered(const jobs::Training& training, const renderer::ResidentModel& model,
                    std::uint64_t example, int steps) {
  const Flicker clips;
  const renderer::TrainerOptions options{.tokenize = ids_of};
  const renderer::ReadClips clip = renderer::read_whole_clip({.training = training,
                                                              .clips = clips,
                                                              .options = options,
                                                              .encoder = &model.vae_encoder,
                                                              .factor = model.vae_config.factor()},
                                                             example);
  const std::uint64_t seed =
      renderer::bits({.seed = training.seed, .index = example}, renderer::Draw::sample);
  at::Tensor latents =
      renderer::normal({.seed = seed, .index = example}, renderer::Draw::noise, clip.batch.latents.sizes())
          .squeeze(0);
  const std::vector<double> affinity = {1, 0.9F, 0.6F, 0.4F};
  const renderer::ReferenceChoices choices = renderer::choices_of(training.denoiser.reference);
  const renderer::Denoiser denoiser{
      .unet = model.unet,
      .pass = {.frames = 4,
               .resnet_norm = choices.resnet_norm,
               .motion_norm = choices.motion_norm,
               .time = {}},
      .condition = renderer::condition(affinity, clip.batch.picture,
                                       {.frames = 4, .height = latents.size(2), .width = latents.size(3)}),
      .text = renderer::text_context(model.unet, renderer::forward(model.text_encoder, clip.ids)),
      .guidance_scale = 1};
  for (const renderer::DdimStep& step : renderer::ddim_schedule(steps)) {
    latents = renderer::ddim_advance(
        step, latents, renderer::denoise(denoiser, latents, static_cast<double>(step.timestep)));
  }
  return renderer::decode(model.vae_decoder, latents, {.rounding = choices.frames});
}

TEST(Samples, ASampleIsWhatTheRendererMakesOfTheWrittenModel) {
  jobs::Training training = clips_training();
  training.optimizer.learning_rate = 0.05;  // what is written, the average, is far behind
  const Bench bench(training);
  bench.losses(3);
  const renderer::Sample sample = bench.trainer->sample(5, 3, kNever).value();
  EXPECT_EQ(sample.caption, "odd");
  EXPECT_EQ(sample.given, bench.clips.example(5).clip);
  const std::string folder = model_folder() + "/../sampled";
  bench.trainer->write_model(folder);
  const c10::InferenceMode inference;
  const renderer::ResidentModel model = renderer::load_model(
      renderer::open_model(
          {.model = folder, .base = model_folder() + "/model", .motion = folder + "/motion"}),
      {});
  const jobs::Clip clip = rendered(training, model, 5, 3);
  ASSERT_EQ(sample.made.rgb.size(), clip.rgb.size());
  int worst = 0;
  for (std::size_t i = 0; i < clip.rgb.size(); ++i) {
    worst = std::max(worst, std::abs(int{clip.rgb[i]} - int{sample.made.rgb[i]}));
  }
  EXPECT_LE(worst, 1);
}

// Flicker; an odd example's condition is its third frame, that of every third one the last frame of the next.
class FlickerSeenLater : public Flicker {
 public:
  renderer::Example example(std::uint64_t index) const override {
    renderer::Example one = Flicker::example(index);
    if (index % 2 == 1) one.condition_frame = 2;
    if (index % 3 == 0) one.condition = frame(Flicker::example(index + 1).clip, 3);
    return one;
  }

  static jobs::Clip frame(const jobs::Clip& clip, int at) {
    jobs::Clip one{.frames = 1, .width = clip.width, .height = clip.height, .rgb = {}};
    const auto from = clip.rgb.begin() + static_cast<std::ptrdiff_t>(at * clip.frame_bytes());
    one.rgb.assign(from, from + static_cast<std::ptrdiff_t>(clip.frame_bytes()));
    return one;
  }
};

TEST(Samples, AConditionThatIsNotTheFirstFrameIsShown) {
  const FlickerSeenLater clips;
  const auto reducer = renderer::make_lone_reducer();
  const auto trainer = renderer::make_trainer(clips_training(), clips, *reducer, {.tokenize = ids_of});
  const auto condition = [&](std::uint64_t i) { return trainer->sample(i, 1, kNever).value().condition; };
  EXPECT_EQ(condition(2), jobs::Clip{});
  EXPECT_EQ(condition(5), clips.frame(clips.example(5).clip, 2));
  EXPECT_EQ(condition(3), clips.frame(clips.example(4).clip, 3));
}

TEST(Samples, ALookIsStoppedWithinIt) {
  const Bench bench(clips_training());
  int asked = 0;
  const auto soon = [&] { return ++asked > 2; };
  EXPECT_FALSE(bench.trainer->sample(5, 3, soon).has_value());
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(bench.trainer->gate({.clips = 9, .enough = soon}).rows.empty());
  EXPECT_EQ(asked, 4);
}

TEST(Samples, SamplesOfStillsAndOfAVaeAreSingleFrames) {
  jobs::Training stills = mixed_training();
  stills.motion.clear();
  stills.parameters = {"unet/"};
  stills.denoiser = {.frames = 1};
  for (const jobs::Training& training : {stills, vae_training()}) {
    const Bench bench(training);
    const renderer::Sample sample = bench.trainer->sample(3, 2, kNever).value();
    EXPECT_EQ(sample.made.frames, 1) << training.name;
    EXPECT_EQ(sample.made.rgb.size(), sample.given.rgb.size());
    const jobs::Clip clip = bench.clips.example(3).clip;
    EXPECT_TRUE(std::equal(sample.given.rgb.begin(), sample.given.rgb.end(), clip.rgb.begin()));
    EXPECT_EQ(bench.trainer->sample(3, 2, kNever)->made, sample.made) << "whenever it is looked at";
    EXPECT_NE(bench.trainer->sample(4, 2, kNever)->made, sample.made);
  }
}

}  // namespace
}  // namespace pia::tests
