// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "renderer/training/trainer.hpp"

namespace pia::tests {

/// A trainer that fits a line to points drawn from (seed, example), by gradient descent with momentum: all
/// the rules of a Trainer, and nothing of a network.
class LineTrainer : public renderer::Trainer {
 public:
  LineTrainer(const jobs::Training& training, renderer::Reducer& reducer)
      : training_(training), reducer_(reducer) {}

  renderer::StepReport step() override {
    std::vector<float> sums(3, 0.0F);
    for (int place = reducer_.rank(); place < training_.batch; place += reducer_.ranks()) add(place, sums);
    reducer_.sum(sums);
    const auto batch = static_cast<float>(training_.batch);
    const auto rate = static_cast<float>(training_.optimizer.learning_rate);
    for (std::size_t i = 0; i < 2; ++i) {
      moments_[i] = 0.9F * moments_[i] + sums[i] / batch;
      values_[i] -= rate * moments_[i];
    }
    ++step_;
    const double norm = std::hypot(sums[0], sums[1]) / batch;
    return {.step = step_, .loss = sums[2] / batch, .gradient_norm = norm, .learning_rate = rate};
  }

  renderer::TrainingState state() const override {
    return {.step = step_, .arrays = {array("values", values_), array("moments", moments_)}};
  }

  void restore(const renderer::TrainingState& state) override {
    step_ = state.step;
    std::memcpy(values_.data(), state.arrays.at(0).bytes.data(), sizeof values_);
    std::memcpy(moments_.data(), state.arrays.at(1).bytes.data(), sizeof moments_);
  }

  void write_model(const std::string& folder) const override {
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/line.txt") << std::hexfloat << values_[0] << " " << values_[1] << "\n";
  }

  renderer::GateReport gate(const renderer::GateTask&) const override { return {}; }

  // Two frames of one pixel, as bright as the example's number.
  std::optional<renderer::Sample> sample(std::uint64_t example, int steps,
                                         const std::function<bool()>& enough) const override {
    if (enough()) return std::nullopt;
    const jobs::Clip clip{.frames = 2,
                          .width = 1,
                          .height = 1,
                          .rgb = std::vector<std::uint8_t>(6, static_cast<std::uint8_t>(example))};
    return renderer::Sample{.caption = std::to_string(steps) + " steps", .made = clip, .given = clip};
  }

 private:
  using Pair = std::array<float, 2>;

  // y = 2 x + 1 at a place that the example decides.
  void add(int place, std::vector<float>& sums) const {
    const std::uint64_t example =
        static_cast<std::uint64_t>(step_ * training_.batch + place) + training_.seed * 7919U;
    const float x = static_cast<float>(example * 2654435761U % 1000U) / 500.0F - 1.0F;
    const float error = values_[0] * x + values_[1] - (2 * x + 1);
    sums[0] += error * x;
    sums[1] += error;
    sums[2] += error * error;
  }

  static renderer::StateArray array(const std::string& name, const Pair& values) {
    renderer::StateArray array{.name = name, .shape = {2}};
    array.bytes.resize(sizeof values);
    std::memcpy(array.bytes.data(), values.data(), sizeof values);
    return array;
  }

  const jobs::Training training_;
  renderer::Reducer& reducer_;
  std::int64_t step_ = 0;
  Pair values_ = {0, 0};
  Pair moments_ = {0, 0};
};

/// Of a process that is alone.
class LoneReducer : public renderer::Reducer {
 public:
  int rank() const override { return 0; }
  int ranks() const override { return 1; }
  void begin(std::span<float>) override {}
  void go_on() override {}
  void finish() override {}
};

}  // namespace pia::tests
