// SPDX-License-Identifier: Apache-2.0
// What a training of drawn networks begins with.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "jobs/core/error.hpp"
#include "renderer/nn/vae.hpp"
#include "renderer/training/chance.hpp"
#include "renderer/training/fresh.hpp"
#include "renderer/training/losses.hpp"
#include "renderer/training/toy/toy_clips.hpp"
#include "renderer/training/trainer.hpp"
#include "renderer/weights/folder_writer.hpp"
#include "renderer/weights/safetensors.hpp"

namespace pia::tests {
namespace {

using renderer::LiveTensors;
using renderer::WeightTree;

const renderer::VaeConfig kVae{.block_out_channels = {16, 32, 32}, .norm_num_groups = 4};
constexpr const char* kVaeText = R"({
  "_class_name": "AutoencoderKL", "block_out_channels": [16, 32, 32], "latent_channels": 4,
  "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
  "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
  "layers_per_block": 1, "norm_num_groups": 4, "scaling_factor": 0.18215
})";

double deviation(const at::Tensor& values) {
  return (values - values.mean()).square().mean().sqrt().item<double>();
}

double rms(const at::Tensor& values) {
  return values.square().mean().sqrt().item<double>();
}

// [n, 4, h / 4, w / 4]: the means of 4 x 4 pixels, and by how much their right halves are brighter.
at::Tensor small_picture(const at::Tensor& picture) {
  const at::Tensor halves = at::avg_pool2d(picture, {4, 2}, {4, 2});
  const at::Tensor left = halves.slice(3, 0, {}, 2);
  const at::Tensor right = halves.slice(3, 1, {}, 2);
  return at::cat({(left + right) / 2, (right - left).mean(1, true)}, 1);
}

at::Tensor latents_of(const LiveTensors& vae, const at::Tensor& picture) {
  const renderer::VaeEncoder encoder = renderer::load_vae_encoder(WeightTree(vae), kVae);
  return forward(encoder, picture).narrow(1, 0, 4).contiguous();
}

// The latents as the decoder's first layer gives them back.
at::Tensor unwhitened(const LiveTensors& vae, const at::Tensor& latents) {
  const at::Tensor weight = vae.at("post_quant_conv.weight").flatten(1);
  const at::Tensor bias = vae.at("post_quant_conv.bias");
  return (at::matmul(latents.permute({0, 2, 3, 1}), weight.t()) + bias).permute({0, 3, 1, 2});
}

LiveTensors vae_in(const std::string& folder) {
  const renderer::SafetensorsFile file(folder + "/vae/diffusion_pytorch_model.safetensors");
  LiveTensors tensors;
  for (const renderer::TensorView& view : file.tensors()) tensors[view.name] = renderer::tensor_of(view, {});
  return tensors;
}

TEST(TrainingStart, AVaeSeesMeansOfColoursAndWhereTheEdgesAre) {
  const at::NoGradGuard no_gradients;
  LiveTensors vae = renderer::drawn_tensors("vae", renderer::vae_layout(kVae), 5);
  renderer::pass_through(vae, kVae);
  const at::Tensor drawn = renderer::uniform_by_name(5, "picture", {2, 3, 16, 16}, 1);
  const at::Tensor picture = at::upsample_nearest2d(drawn, {32, 32});
  const at::Tensor expected = small_picture(picture);
  const at::Tensor found = latents_of(vae, picture);
  for (std::int64_t c = 0; c < 4; ++c) {
    EXPECT_LT(rms(found.select(1, c) - expected.select(1, c)), 0.02 * deviation(expected.select(1, c))) << c;
  }
}

jobs::Training frozen_training(const std::string& folder) {
  jobs::Training training{.name = "vae",
                          .seed = 3,
                          .model = folder,
                          .base = {},
                          .motion = {},
                          .start = jobs::Start::pass_through,
                          .network = jobs::TrainedNetwork::vae,
                          .steps = 4,
                          .batch = 2};
  training.data = {.styles = {"flat", "comic", "pastel", "neon"}, .width = 32, .height = 32};
  training.vae.freeze_encoder = true;
  training.vae.whitened = 3;
  return training;
}

// A folder that holds a VAE's configuration.
struct VaeFolder {
  VaeFolder() {
    std::filesystem::create_directories(aside.path() + "/start/vae");
    renderer::write_text(start() + "/vae/config.json", kVaeText);
  }
  std::string start() const { return aside.path() + "/start"; }
  renderer::FolderAside aside = renderer::FolderAside(testing::TempDir() + "start-");
};

at::Tensor toy_pictures(const jobs::Training& training) {
  const renderer::ToyClips clips = renderer::toy_clips(training.data, training.denoiser);
  std::vector<at::Tensor> pictures;
  for (std::uint64_t i = 0; i < 64; ++i) {
    jobs::Clip clip = renderer::toy_example(clips, renderer::kFirstHeldOut + i).clip;
    const at::Tensor bytes = at::from_blob(clip.rgb.data(), {1, clip.height, clip.width, 3}, at::kByte);
    pictures.push_back(bytes.to(at::kFloat).div(127.5).sub(1).permute({0, 3, 1, 2}));
  }
  return at::cat(pictures);
}

TEST(TrainingStart, AFrozenEncoderIsWhitenedBeforeItsDecoderLearns) {
  const VaeFolder folder;
  const jobs::Training training = frozen_training(folder.start());
  const auto clips = renderer::make_toy_source(training.data, training.denoiser);
  const auto reducer = renderer::make_lone_reducer();
  const auto trainer = renderer::make_trainer(training, *clips, *reducer, {});
  trainer->write_model(folder.aside.path() + "/before");
  trainer->step();
  trainer->write_model(folder.aside.path() + "/after");

  const at::NoGradGuard no_gradients;
  const LiveTensors vae = vae_in(folder.aside.path() + "/before");
  const at::Tensor pictures = toy_pictures(training);
  const at::Tensor latents = latents_of(vae, pictures);
  const at::Tensor rows = latents.permute({0, 2, 3, 1}).reshape({-1, 4}) * 0.18215;
  const at::Tensor covariance = at::matmul(rows.t(), rows) / static_cast<double>(rows.size(0));
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(covariance[i][i].item<double>(), 9, 2) << i;
    for (std::int64_t j = 0; j < i; ++j) EXPECT_NEAR(covariance[i][j].item<double>(), 0, 1.5) << i << j;
  }
  EXPECT_GT(covariance[3][3].item<double>(), 0.5);
  EXPECT_LT(covariance[3][3].item<double>(), 9);

  const at::Tensor expected = small_picture(pictures);
  const at::Tensor found = unwhitened(vae, latents);
  for (std::int64_t c = 0; c < 4; ++c) {
    EXPECT_LT(rms(found.select(1, c) - expected.select(1, c)), 0.02 * deviation(expected.select(1, c))) << c;
  }
  const at::Tensor shown = forward(renderer::load_vae_decoder(WeightTree(vae), kVae), latents);
  EXPECT_LT(rms(shown - at::upsample_nearest2d(expected.narrow(1, 0, 3), {32, 32})), 0.02);

  const LiveTensors after = vae_in(folder.aside.path() + "/after");
  for (const auto& [key, tensor] : after) {
    const bool frozen = key.starts_with("encoder.") || key.starts_with("quant_conv.");
    EXPECT_TRUE(!frozen || at::equal(tensor, vae.at(key))) << key;
  }
  for (const char* key : {"post_quant_conv.weight", "decoder.conv_in.weight", "decoder.conv_out.weight"}) {
    EXPECT_FALSE(at::equal(after.at(key), vae.at(key))) << key;
  }
}

TEST(TrainingStart, AFrozenEncoderWithWeightsIsNotWhitened) {
  const VaeFolder folder;
  jobs::Training training = frozen_training(folder.start());
  const auto clips = renderer::make_toy_source(training.data, training.denoiser);
  const auto reducer = renderer::make_lone_reducer();
  renderer::make_trainer(training, *clips, *reducer, {})->write_model(folder.aside.path() + "/trained");
  training.model = folder.aside.path() + "/trained";
  EXPECT_THROW(renderer::make_trainer(training, *clips, *reducer, {}), jobs::InputError);
}

const renderer::UnetConfig kUnet{.block_out_channels = {48, 64},
                                 .layers_per_block = {1, 1},
                                 .down_attention = {false, true},
                                 .up_attention = {true, false},
                                 .heads = {4, 4},
                                 .cross_attention_dim = 16,
                                 .norm_num_groups = 8};
const renderer::MotionConfig kMotion{.block_out_channels = {48, 64},
                                     .layers_per_block = {1, 1},
                                     .heads = {4, 4},
                                     .norm_num_groups = 8,
                                     .use_motion_mid_block = false,
                                     .conv_in_channels = 9};

enum class Condition { shown, not_shown };

// How far off is what a network that was just started takes pure noise for, at the first timestep of
// sampling, with condition pictures whose latents have these stds; by picture.
std::vector<double> errors_at_start(Condition condition, const std::vector<double>& stds) {
  const at::NoGradGuard no_gradients;
  LiveTensors unet = renderer::drawn_tensors("unet", renderer::unet_layout(kUnet), 5);
  LiveTensors motion = renderer::drawn_tensors("motion", renderer::motion_layout(kMotion), 5);
  renderer::pass_through(unet, kUnet);
  if (condition == Condition::shown) {
    renderer::stir(motion, kMotion, 5);
    renderer::pass_condition(unet, motion, kUnet);
  }
  const renderer::Unet net = renderer::load_unet({.config = kUnet,
                                                  .motion_config = &kMotion,
                                                  .spatial = WeightTree(unet),
                                                  .motion = WeightTree(motion)});
  std::vector<double> errors;
  for (const double spread : stds) {
    const at::Tensor picture = renderer::normal_by_name(5, "picture", {1, 4, 16, 16}, spread);
    const renderer::DenoiserBatch batch{
        .latents = picture.unsqueeze(1).expand({1, 4, 4, 16, 16}).contiguous(),
        .noise = renderer::normal_by_name(5, "noise", {1, 4, 4, 16, 16}, 1),
        .timesteps = at::full({1}, 961, at::kLong),
        .affinity = at::full({1, 4}, 0.8),
        .picture = picture,
        .terminal_timestep = 940};
    const at::Tensor text = renderer::normal_by_name(5, "text", {1, 7, 16}, 1);
    const at::Tensor answer = renderer::predicted_noise(net, batch, text, {});
    const double share = renderer::signal_shares()[961].item<double>();
    const at::Tensor seen = (renderer::noised(batch) - answer * std::sqrt(1 - share)) / std::sqrt(share);
    errors.push_back(rms(condition == Condition::shown ? seen - batch.latents : seen));
    std::printf("std %.1f: off by %.2f\n", spread, errors.back());
  }
  return errors;
}

TEST(TrainingStart, PureNoiseIsTakenForTheConditionPictureWhicheverItIs) {
  for (const double error : errors_at_start(Condition::shown, {1, 3, 5})) EXPECT_LT(error, 0.15 * 3);
}

TEST(TrainingStart, PureNoiseIsTakenForNothingWithoutACondition) {
  for (const double error : errors_at_start(Condition::not_shown, {1, 3, 5})) EXPECT_LT(error, 1);
}

}  // namespace
}  // namespace pia::tests
