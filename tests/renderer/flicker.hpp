// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "renderer/training/trainer.hpp"
#include "renderer/weights/folder_writer.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {

/// Little clips of noise that differ by index.
class Flicker : public renderer::ClipSource {
 public:
  renderer::Example example(std::uint64_t index) const override {
    renderer::Example one{.clip = {.frames = 4, .width = 16, .height = 16, .rgb = {}},
                          .caption = index % 2 == 0 ? "even" : "odd",
                          .affinity = {1, 0.9F, 0.6F, 0.4F},
                          .condition_frame = 0};
    std::uint64_t state = index;
    one.clip.rgb.resize(std::size_t{4} * one.clip.frame_bytes());
    for (std::uint8_t& value : one.clip.rgb) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      value = static_cast<std::uint8_t>(state >> 56U);
    }
    return one;
  }
};

inline std::vector<std::int32_t> ids_of(const std::string& caption) {
  std::vector<std::int32_t> ids(77, 1);
  ids[0] = 0;
  ids[1] = static_cast<std::int32_t>(caption.size());
  ids[2] = 2;
  return ids;
}

/// A folder with test_pia's weights by rule, once a process.
inline const std::string& model_folder() {
  static const renderer::FolderAside aside(testing::TempDir() + "training-");
  static const std::string folder = [] {
    write_model("test_pia", aside.path());
    return aside.path() + "/weights";
  }();
  return folder;
}

inline jobs::Training clips_training() {
  jobs::Training training{.name = "clips",
                          .seed = 7,
                          .model = model_folder() + "/model",
                          .base = {},
                          .motion = model_folder() + "/motion",
                          .parameters = {"motion/", "unet/conv_in"},
                          .steps = 6,
                          .batch = 2};
  training.denoiser.frames = 4;
  training.denoiser.frames_seen = 3;
  training.optimizer.learning_rate = 1e-3;
  training.optimizer.ema = 0.9;
  training.optimizer.accumulation = 2;
  return training;
}

// Every second step of stills.
inline jobs::Training mixed_training() {
  jobs::Training training = clips_training();
  training.name = "mixed";
  training.parameters = {"motion/", "unet/", "text_encoder/"};
  training.denoiser.stills_every = 2;
  training.denoiser.caption_loss = 0.5;
  return training;
}

inline jobs::Training vae_training() {
  jobs::Training training{.name = "vae",
                          .seed = 3,
                          .model = model_folder() + "/model",
                          .network = jobs::TrainedNetwork::vae,
                          .steps = 30,
                          .batch = 2};
  training.optimizer.learning_rate = 2e-3;
  return training;
}

/// A training of flickering clips, alone or as one of two ranks.
struct Bench {
  explicit Bench(const jobs::Training& training)
      : trainer(renderer::make_trainer(training, clips, *reducer, {.tokenize = ids_of})) {}

  std::vector<double> losses(int steps) const {
    std::vector<double> all;
    for (int i = 0; i < steps; ++i) all.push_back(trainer->step().loss);
    return all;
  }

  Flicker clips;
  std::unique_ptr<renderer::Reducer> reducer = renderer::make_lone_reducer();
  std::unique_ptr<renderer::Trainer> trainer;
};

}  // namespace pia::tests
