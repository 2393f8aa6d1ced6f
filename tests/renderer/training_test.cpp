// SPDX-License-Identifier: Apache-2.0
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "jobs/core/error.hpp"
#include "renderer/nn/clip_text.hpp"
#include "renderer/training/gate.hpp"
#include "renderer/training/losses.hpp"
#include "renderer/training/optimizer.hpp"
#include "renderer/training/trainer.hpp"
#include "renderer/weights/folder_writer.hpp"
#include "renderer/weights/layout.hpp"
#include "renderer/weights/lora.hpp"
#include "renderer/weights/safetensors.hpp"
#include "tests/renderer/flicker.hpp"
#include "tests/renderer/golden.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {
namespace {

namespace fs = std::filesystem;
using renderer::LiveTensors;
using renderer::WeightTree;

// The same weights as leaves that record gradients.
LiveTensors leaves(const renderer::TensorMap& tensors) {
  LiveTensors live;
  for (const auto& [key, view] : tensors) live[key] = renderer::tensor_of(view, {}).requires_grad_();
  return live;
}

double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return (found - expected).abs().max().item<double>() / expected.abs().max().item<double>();
}

void expect_gradients(const Golden& golden, const std::string& component, const LiveTensors& live) {
  double largest = 0;
  for (const auto& [name, tensor] : golden.tensors) {
    if (name.starts_with("grad_")) largest = std::max(largest, tensor.abs().max().item<double>());
  }
  double worst = 0;
  std::size_t compared = 0;
  for (const auto& [key, tensor] : live) {
    const std::string name = "grad_" + component + "/" + key;
    if (!golden.has(name)) continue;
    ASSERT_TRUE(tensor.grad().defined()) << name;
    const double off = (tensor.grad() - golden[name]).abs().max().item<double>();
    // A key's bias shifts all scores alike and has no gradient: what it shows is rounding.
    const bool none = key.ends_with("k_proj.bias") || key.ends_with("to_k.bias");
    const double error = none ? off / largest : off / golden[name].abs().max().item<double>();
    EXPECT_LT(error, 1e-4) << name;
    worst = std::max(worst, error);
    ++compared;
  }
  EXPECT_GT(compared, live.size() / 2);
  std::printf("%s: %zu gradients, largest error %.1e of a tensor's largest value\n", component.c_str(),
              compared, worst);
}

TEST(Training, TheVaesLossAndGradientsAreTorchs) {
  const at::AutoGradMode recording(true);
  const Golden golden = read_golden("training/vae");
  const renderer::ModelWeights& weights = rule_weights("test_pia");
  const LiveTensors live = leaves(weights.vae);
  const at::Tensor loss = renderer::vae_loss(renderer::load_vae_encoder(WeightTree(live), weights.vae_config),
                                             renderer::load_vae_decoder(WeightTree(live), weights.vae_config),
                                             golden["in_pictures"], golden["in_noise"], {});
  loss.backward();
  EXPECT_LT(relative_error(loss, golden["loss"]), 1e-5);
  expect_gradients(golden, "vae", live);
}

struct Denoised {
  LiveTensors unet;
  LiveTensors motion;
  LiveTensors text;
  at::Tensor loss;
};

// The loss of a golden batch by networks with weights by rule, and its gradients.
Denoised denoised(const Golden& golden) {
  const at::AutoGradMode recording(true);
  const renderer::ModelWeights& weights = rule_weights("test_pia");
  const bool moves = golden.has("in_affinity");
  Denoised result{.unet = leaves(weights.unet),
                  .motion = moves ? leaves(weights.motion) : LiveTensors(),
                  .text = leaves(weights.text_encoder),
                  .loss = {}};
  const renderer::Unet net =
      renderer::load_unet({.config = weights.unet_config,
                           .motion_config = moves ? &weights.motion_config : nullptr,
                           .spatial = WeightTree(result.unet),
                           .motion = moves ? std::optional(WeightTree(result.motion)) : std::nullopt});
  const renderer::ClipText text = renderer::load_clip_text(WeightTree(result.text), weights.text_config);
  const renderer::DenoiserBatch batch{.latents = golden["in_latents"],
                                      .noise = golden["in_noise"],
                                      .timesteps = golden["in_timesteps"].to(at::kLong),
                                      .affinity = moves ? golden["in_affinity"] : at::Tensor(),
                                      .picture = moves ? golden["in_picture"] : at::Tensor()};
  jobs::DenoiserTraining choices;
  choices.min_snr = golden.settings.at("min_snr");
  choices.loss_weight = golden.settings.at("velocity") ? jobs::LossWeight::velocity : jobs::LossWeight::noise;
  const at::Tensor errors =
      renderer::denoiser_errors(net, batch, forward(text, golden["in_ids"].to(at::kLong)),
                                renderer::choices_of(jobs::Reference::diffusers));
  result.loss = (errors * renderer::loss_weights(batch.timesteps, choices)).mean();
  result.loss.backward();
  return result;
}

TEST(Training, TheLossAndGradientsOfStillsAreDiffusers) {
  const Golden golden = read_golden("training/stills");
  const Denoised result = denoised(golden);
  EXPECT_LT(relative_error(result.loss, golden["loss"]), 1e-5);
  expect_gradients(golden, "unet", result.unet);
  expect_gradients(golden, "text_encoder", result.text);
}

TEST(Training, TheLossAndGradientsOfClipsAreDiffusers) {
  const Golden golden = read_golden("training/clips");
  const Denoised result = denoised(golden);
  EXPECT_LT(relative_error(result.loss, golden["loss"]), 1e-5);
  expect_gradients(golden, "unet", result.unet);
  expect_gradients(golden, "motion", result.motion);
  expect_gradients(golden, "text_encoder", result.text);
}

TEST(Training, ThreeStepsOfAdamWAndClippingAreTorchs) {
  const Golden golden = read_golden("training/adamw");
  const jobs::Optimizer choices{.learning_rate = 1e-2, .beta2 = 0.99, .weight_decay = 0.1};
  const at::Tensor values = golden["in_values"].clone();
  const renderer::Moments moments = renderer::make_moments(values, choices);
  for (int step = 0; step < 3; ++step) {
    const std::string number = std::to_string(step);
    const at::Tensor gradient = golden["in_gradient_" + number].clone();
    EXPECT_NEAR(renderer::clip(gradient, 1), golden["norm_" + number].item<double>(), 1e-5);
    renderer::advance(values, gradient, moments, choices, {.step = step, .learning_rate = 1e-2});
    EXPECT_LT(relative_error(values, golden["values_" + number]), 1e-5);
  }
}

std::vector<std::byte> bytes_of(const renderer::TrainingState& state) {
  std::vector<std::byte> all;
  for (const renderer::StateArray& array : state.arrays) {
    all.insert(all.end(), array.bytes.begin(), array.bytes.end());
  }
  return all;
}

TEST(Training, GoesOnFromAStateBitByBit) {
  for (const jobs::Training& training : {clips_training(), mixed_training(), vae_training()}) {
    const Bench whole(training);
    whole.losses(2);
    const renderer::TrainingState half = whole.trainer->state();
    const std::vector<double> expected = whole.losses(2);
    const Bench resumed(training);
    resumed.trainer->restore(half);
    EXPECT_EQ(resumed.losses(2), expected) << training.name;
    EXPECT_EQ(bytes_of(resumed.trainer->state()), bytes_of(whole.trainer->state())) << training.name;
  }
}

TEST(Training, RefusesAnotherTrainingsState) {
  jobs::Training other = clips_training();
  other.seed = 8;
  const renderer::TrainingState state = Bench(clips_training()).trainer->state();
  EXPECT_THROW(Bench(other).trainer->restore(state), jobs::StorageError);
}

TEST(Training, TheLossFalls) {
  const std::vector<double> losses = Bench(vae_training()).losses(30);
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

/// Has one rank's sums, and adds the other's.
class Pair : public renderer::Reducer {
 public:
  Pair(int rank, std::vector<float> other) : rank_(rank), other_(std::move(other)) {}
  int rank() const override { return rank_; }
  int ranks() const override { return 2; }
  void begin(std::span<float> values) override {
    for (float& value : values) {
      const std::size_t i = sent.size();
      sent.push_back(value);
      if (i < other_.size()) value += other_[i];
    }
  }
  void go_on() override {}
  void finish() override {}
  std::vector<float> sent;

 private:
  int rank_;
  std::vector<float> other_;
};

void expect_two_ranks_equal_one(const jobs::Training& training) {
  const Flicker clips;
  Pair second(1, {});
  renderer::make_trainer(training, clips, second, {.tokenize = ids_of})->step();
  Pair first(0, second.sent);
  const renderer::StepReport both =
      renderer::make_trainer(training, clips, first, {.tokenize = ids_of})->step();
  const renderer::StepReport alone = Bench(training).trainer->step();
  EXPECT_NEAR(both.loss, alone.loss, 1e-5 * alone.loss);
  EXPECT_NEAR(both.gradient_norm, alone.gradient_norm, 1e-5 * alone.gradient_norm);
}

TEST(Training, TwoRanksWithHalfABatchEqualOneWithTheWhole) {
  expect_two_ranks_equal_one(clips_training());
  jobs::Training stills = mixed_training();
  stills.denoiser.stills_every = 1;
  expect_two_ranks_equal_one(stills);
  jobs::Training lora = clips_training();
  lora.parameters.clear();
  lora.denoiser.lora_rank = 2;
  expect_two_ranks_equal_one(lora);
}

// The tensors of a written component by name.
LiveTensors written(const std::string& folder, const std::string& file) {
  LiveTensors tensors;
  const renderer::SafetensorsFile opened(folder + file);
  for (const renderer::TensorView& view : opened.tensors()) {
    tensors[view.name] = renderer::tensor_of(view, {});
  }
  return tensors;
}

TEST(Training, TheCaptionLossAsksAtTheEndWhatWordsWereSaid) {
  const at::AutoGradMode recording(true);
  const at::Tensor ids = at::tensor({0, 5, 6, 1, 1, 0, 1, 1, 1, 1}, at::kLong).view({2, 5});
  const at::Tensor words = at::tensor({5, 6, 7}, at::kLong);
  const at::Tensor embedding = at::zeros({8, 2});
  embedding[5][0] = 1;
  embedding[6][0] = 1;
  embedding[7][1] = 1;
  at::Tensor text = at::zeros({2, 5, 2}).requires_grad_();
  const auto loss = [&] { return renderer::caption_loss(text, ids, embedding, words); };
  // Knowing nothing of three words costs log 3; the empty prompt, half of the batch, costs nothing.
  EXPECT_NEAR(loss().item<double>(), std::log(3.0) / 2, 1e-6);
  loss().backward();
  const at::Tensor elsewhere = text.grad().clone();
  EXPECT_GT(elsewhere[0][3].abs().max().item<double>(), 0);
  elsewhere[0][3].zero_();
  EXPECT_EQ(elsewhere.abs().max().item<double>(), 0);
  const at::NoGradGuard no_gradients;
  text[0][3][0] = 20;
  EXPECT_NEAR(loss().item<double>(), std::log(2.0) / 2, 1e-6);
  text[0][3][0] = -20;
  EXPECT_GT(loss().item<double>(), 5);
}

TEST(Training, ACaptionLossNeedsATextEncoderThatLearns) {
  jobs::Training training = clips_training();
  training.denoiser.caption_loss = 1;
  EXPECT_THROW(Bench{training}, jobs::InputError);
}

TEST(Training, AStepOfStillsLeavesTheMotionPartAlone) {
  jobs::Training training = mixed_training();
  training.denoiser.stills_every = 1;
  training.optimizer.ema = 0;
  const Bench bench(training);
  const std::string folder = model_folder() + "/../stills";
  const auto all = [&] {
    bench.trainer->write_model(folder);
    return std::array{written(folder, "/motion/diffusion_pytorch_model.safetensors"),
                      written(folder, "/unet/diffusion_pytorch_model.safetensors"),
                      written(folder, "/text_encoder/model.safetensors")};
  };
  const auto before = all();
  bench.losses(1);
  const auto after = all();
  for (const auto& [key, tensor] : before[0]) {
    const bool same = at::equal(tensor, after[0].at(key));
    EXPECT_TRUE(same || key.starts_with("conv_in.")) << key;
  }
  // Of conv_in the first channels and the bias are the U-Net's.
  const auto condition = [](const LiveTensors& motion) {
    return motion.at("conv_in.weight").narrow(1, 4, 5);
  };
  EXPECT_TRUE(at::equal(condition(before[0]), condition(after[0])));
  for (const char* key : {"conv_in.weight", "conv_out.weight", "time_embedding.linear_1.weight"}) {
    EXPECT_FALSE(at::equal(before[1].at(key), after[1].at(key))) << key;
  }
  const std::string word = "text_model.embeddings.token_embedding.weight";
  EXPECT_FALSE(at::equal(before[2].at(word), after[2].at(word)));
}

TEST(Training, EveryOtherStepOfAMixIsAsWithoutStills) {
  jobs::Training plain = mixed_training();
  plain.denoiser.stills_every = 0;
  const std::vector<double> mixed = Bench(mixed_training()).losses(2);
  const std::vector<double> clips = Bench(plain).losses(2);
  EXPECT_EQ(mixed[0], clips[0]);
  EXPECT_NE(mixed[1], clips[1]);
}

TEST(Training, StillsTeachNothingWhereOnlyMotionIsTrained) {
  jobs::Training training = mixed_training();
  training.parameters = {"motion/"};
  EXPECT_THROW(Bench{training}, jobs::InputError);
}

TEST(Training, WhatItWritesIsAModelThatOpens) {
  jobs::Training training = clips_training();
  training.parameters = {"motion/", "unet/", "text_encoder/"};
  const Bench bench(training);
  bench.losses(1);
  const std::string folder = model_folder() + "/../written";
  bench.trainer->write_model(folder);
  bench.trainer->write_model(folder);
  const renderer::ModelWeights weights = renderer::open_model(
      {.model = folder, .base = model_folder() + "/model", .motion = folder + "/motion"});
  const renderer::TensorView& own = weights.unet.at("conv_in.weight");
  const renderer::TensorView& pia = weights.motion.at("conv_in.weight");
  EXPECT_EQ(own.shape[1], 4);
  EXPECT_EQ(std::memcmp(own.bytes.data(), pia.bytes.data(), 4 * 9 * sizeof(float)), 0);
  EXPECT_NE(std::memcmp(own.bytes.data(), rule_weights("test_pia").unet.at("conv_in.weight").bytes.data(),
                        own.bytes.size()),
            0);
}

TEST(Training, AWhitenedVaeShowsTheSamePictures) {
  jobs::Training training = vae_training();
  training.vae.whitened = 3;
  const Bench bench(training);
  const std::string folder = model_folder() + "/../whitened";
  bench.trainer->write_model(folder);
  const renderer::ModelWeights weights = renderer::open_model(
      {.model = folder, .base = model_folder() + "/model", .motion = model_folder() + "/motion"});
  const renderer::ResidentModel& before = rule_model("test_pia");
  const c10::InferenceMode inference;
  const renderer::ResidentModel after = renderer::load_model(weights, {});
  const at::Tensor pictures = read_golden("training/vae")["in_pictures"];
  const at::Tensor plain = renderer::forward(before.vae_encoder, pictures).narrow(1, 0, 4).contiguous();
  const at::Tensor white = renderer::forward(after.vae_encoder, pictures).narrow(1, 0, 4).contiguous();
  EXPECT_FALSE(at::equal(plain, white));
  EXPECT_LT(largest_error(renderer::forward(after.vae_decoder, white),
                          renderer::forward(before.vae_decoder, plain)),
            1e-3);
}

// The latents of a clip with an error added, as the noise that would make them.
at::Tensor answer_that_errs_by(const at::Tensor& error, renderer::DenoiserBatch clip) {
  const at::Tensor share = renderer::signal_shares().index_select(0, clip.timesteps).view({-1, 1, 1, 1, 1});
  return (renderer::noised(clip) - (clip.latents + error) * share.sqrt()) / (1 - share).sqrt();
}

TEST(Training, TheGateTellsWhatTheAnswerHangsOn) {
  jobs::Training training = clips_training();
  training.denoiser.terminal_timestep = 940;
  const Flicker clips;
  const renderer::TrainerOptions options{.tokenize = ids_of};
  const renderer::BatchReader reader{.training = training,
                                     .clips = clips,
                                     .options = options,
                                     .encoder = &rule_model("test_pia").vae_encoder,
                                     .factor = rule_weights("test_pia").vae_config.factor()};
  const renderer::GateNetworks networks{
      .predict =
          [](const renderer::DenoiserBatch& clip, const at::Tensor& text) {
            if (clip.timesteps[0].item<int>() >= 940) {
              EXPECT_TRUE(at::equal(renderer::noised(clip), clip.noise)) << "noise alone";
            }
            at::Tensor error = at::zeros_like(clip.latents);
            // A caption's length is its word here: "other" has 5 letters.
            if (text[0][1].item<int>() == 5) error += 1;
            if (clip.affinity[0][3].item<float>() == 1) error += 2;
            if (clip.affinity[0][3].item<float>() < 0.3 && clip.affinity[0][0].item<float>() == 1) error += 3;
            if (clip.timesteps[0].item<int>() == 321) error.select(1, 0) += 0.5;
            return answer_that_errs_by(error, clip);
          },
      .read = [](const at::Tensor& ids) { return ids; }};
  const renderer::GateReport report = renderer::gate_report(
      reader, networks, {.clips = 2, .other_caption = [](std::uint64_t) { return std::string("other"); }});
  const auto row = [&](std::size_t index) { return report.rows.at(index); };
  ASSERT_EQ(report.rows.size(), 4);
  EXPECT_EQ(row(0).timestep, 961);
  EXPECT_NEAR(row(0).right, 0, 1e-4);
  EXPECT_NEAR(row(0).other_word, 1, 1e-3);
  EXPECT_NEAR(row(0).affinity_one, 2, 1e-3);
  EXPECT_NEAR(row(0).affinity_low, 3, 1e-3);
  EXPECT_NEAR(row(0).first_frame, 0, 1e-4);
  EXPECT_EQ(row(3).timestep, 321);
  EXPECT_NEAR(row(3).right, 0.25, 1e-3) << "one of four frames";
  EXPECT_NEAR(row(3).first_frame, 0.5, 1e-3);
  double copied = 0;
  for (std::uint64_t i = 0; i < 2; ++i) {
    const renderer::DenoiserBatch clip = renderer::read_whole_clip(reader, i).batch;
    copied += (clip.latents - clip.latents.narrow(1, 0, 1)).square().mean().item<double>() / 2;
  }
  EXPECT_NEAR(report.copy, std::sqrt(copied), 1e-4);
}

TEST(Training, AMotionPartInOfficialNamesIsTheSameModel) {
  const renderer::FolderAside aside(testing::TempDir() + "official-");
  write_model("mirrored", aside.path());
  const std::string weights = aside.path() + "/weights";
  jobs::Training training = clips_training();
  training.model = weights + "/model";
  training.motion = weights + "/motion";
  Bench(training).trainer->write_model(aside.path() + "/folder");
  training.motion_names = jobs::MotionNames::official;
  Bench(training).trainer->write_model(aside.path() + "/file");
  const auto opened = [&](const std::string& motion) {
    return renderer::open_model({.model = training.model, .base = "", .motion = aside.path() + motion});
  };
  const renderer::ModelWeights folder = opened("/folder/motion");
  const renderer::ModelWeights file = opened("/file/pia.safetensors");
  EXPECT_EQ(file.motion_config, folder.motion_config);
  ASSERT_EQ(file.motion.size(), folder.motion.size());
  for (const auto& [key, view] : folder.motion) {
    EXPECT_TRUE(std::ranges::equal(file.motion.at(key).bytes, view.bytes)) << key;
  }
  EXPECT_FALSE(fs::exists(aside.path() + "/file/motion"));
}

TEST(Training, OfficialNamesAreRefusedBeforeAStepWhereTheyCouldNotSayAll) {
  jobs::Training training = clips_training();
  training.motion_names = jobs::MotionNames::official;
  EXPECT_THROW(Bench{training}, jobs::WeightError) << "4 heads";
  training.parameters = {"unet/"};
  EXPECT_THROW(Bench{training}, jobs::InputError) << "no motion part is written";
}

TEST(Training, ALoraBeginsByChangingNothingAndHasKohyasNames) {
  jobs::Training training = clips_training();
  training.parameters.clear();
  training.denoiser.lora_rank = 2;
  const Bench bench(training);
  jobs::Training frozen = clips_training();
  EXPECT_DOUBLE_EQ(bench.losses(1)[0], Bench(frozen).losses(1)[0]);
  const std::string folder = model_folder() + "/../lora";
  bench.trainer->write_model(folder);
  const renderer::SafetensorsFile file(folder + "/lora.safetensors");
  std::set<std::string> names;
  for (const renderer::TensorView& tensor : file.tensors()) names.insert(tensor.name);
  const std::string layer = "lora_unet_down_blocks_0_resnets_0_conv1.";
  EXPECT_TRUE(names.contains(layer + "alpha"));
  EXPECT_TRUE(names.contains(layer + "lora_down.weight"));
  EXPECT_TRUE(names.contains(layer + "lora_up.weight"));
  const renderer::ModelWeights& model = rule_weights("test_pia");
  const renderer::LoraTarget target{.unet = renderer::unet_layout(model.unet_config),
                                    .text_encoder = renderer::clip_text_layout(model.text_config)};
  const auto lora = renderer::open_lora(folder + "/lora.safetensors", target);
  EXPECT_EQ(3 * lora.layers.unet.size(), file.tensors().size()) << "renders take all that a training writes";
}

}  // namespace
}  // namespace pia::tests
