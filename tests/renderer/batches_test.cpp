// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/batches.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <array>

#include "renderer/pipeline/resident_model.hpp"
#include "tests/renderer/flicker.hpp"

namespace pia::tests {
namespace {

/// Reads the batch's condition pictures, [2, 4, h, w].
struct Reading {
  explicit Reading(jobs::Training of) : training(std::move(of)) { training.denoiser.condition_dropout = 0; }

  at::Tensor picture(const renderer::ClipSource& clips, std::uint64_t first) const {
    const renderer::TrainerOptions options{.tokenize = ids_of};
    const renderer::BatchReader reader{.training = training,
                                       .clips = clips,
                                       .options = options,
                                       .encoder = &model.vae_encoder,
                                       .factor = model.vae_config.factor()};
    return renderer::read_clips(reader, {.index = 3, .first = first, .count = 2}).batch.picture;
  }

  jobs::Training training;
  renderer::ResidentModel model = renderer::load_model(
      renderer::open_model(
          {.model = model_folder() + "/model", .base = "", .motion = model_folder() + "/motion"}),
      {});
};

// How the condition pictures of a batch differ from the same without noise: [2, 4, h, w].
at::Tensor change_of_pictures(const jobs::Training& training) {
  Reading reading(training);
  const at::Tensor changed = reading.picture(Flicker(), 6);
  reading.training.denoiser.condition_noise = 0;
  return changed - reading.picture(Flicker(), 6);
}

// Flicker, with the first frame of a clip further on as the condition.
class Paired : public Flicker {
 public:
  explicit Paired(std::uint64_t further) : further_(further) {}
  renderer::Example example(std::uint64_t index) const override {
    renderer::Example one = Flicker::example(index);
    one.condition = Flicker::example(index + further_).clip;
    one.condition.frames = 1;
    one.condition.rgb.resize(one.condition.frame_bytes());
    return one;
  }

 private:
  std::uint64_t further_;
};

TEST(Batches, AConditionOfItsOwnIsShownInsteadOfTheFrame) {
  const Reading reading(clips_training());
  const at::Tensor frame = reading.picture(Flicker(), 6);
  EXPECT_LT((reading.picture(Paired(0), 6) - frame).abs().max().item<double>(), 1e-5);
  EXPECT_GT((reading.picture(Paired(1), 6) - frame).abs().max().item<double>(), 1e-2);
}

TEST(LatentShelf, APictureIsEncodedOnceAndAlwaysTheSame) {
  const at::NoGradGuard no_gradients;
  const Reading reading(clips_training());
  const renderer::VaeEncoder& encoder = reading.model.vae_encoder;
  const at::Tensor pictures =
      renderer::pixels_of(Flicker().example(1).clip, std::array<std::int64_t, 3>{0, 2, 3});
  renderer::LatentShelf shelf;
  const at::Tensor first = shelf.moments(encoder, pictures);
  EXPECT_EQ(shelf.size(), 3);
  EXPECT_TRUE(at::equal(shelf.moments(encoder, pictures.flip(0)), first.flip(0)));
  EXPECT_EQ(shelf.size(), 3);
  EXPECT_LT((first - renderer::forward(encoder, pictures)).abs().max().item<double>(), 1e-5);
  renderer::LatentShelf full(0);
  EXPECT_TRUE(at::equal(full.moments(encoder, pictures), first)) << "whether or not there is room";
  EXPECT_EQ(full.size(), 0);
}

TEST(Batches, ConditionNoiseIsOfTheWantedStrength) {
  jobs::Training training = clips_training();
  training.denoiser.condition_noise = 2;
  const at::Tensor change = change_of_pictures(training);
  EXPECT_NEAR(change.std().item<double>(), 2, 0.5);
  EXPECT_FALSE(at::equal(change[0], change[1])) << "clips have noise of their own";
}

}  // namespace
}  // namespace pia::tests
