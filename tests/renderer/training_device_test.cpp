// SPDX-License-Identifier: Apache-2.0
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "jobs/core/error.hpp"
#include "tests/renderer/flicker.hpp"

namespace pia::tests {
namespace {

/// A trainer on a device, and what it did in two steps: the second is of stills in mixed_training.
struct Site {
  Site(const jobs::Training& training, const std::string& device)
      : trainer(renderer::make_trainer(training, clips, *reducer, {.device = device, .tokenize = ids_of})) {
    for (renderer::StepReport& report : reports) report = trainer->step();
  }

  Flicker clips;
  std::unique_ptr<renderer::Reducer> reducer = renderer::make_lone_reducer();
  std::unique_ptr<renderer::Trainer> trainer;
  std::array<renderer::StepReport, 2> reports;
};

jobs::Training lora_training() {
  jobs::Training training = clips_training();
  training.parameters.clear();
  training.denoiser.lora_rank = 2;
  training.optimizer.ema = 0;
  return training;
}

jobs::Training decoder_training() {
  jobs::Training training = vae_training();
  training.vae.freeze_encoder = true;
  return training;
}

// The second step within ten times as much: where a gradient is rounding alone, Adam's first step goes either
// way.
void expect_near(const Site& found, const Site& expected, double loss, double norm) {
  for (std::size_t i = 0; i < expected.reports.size(); ++i, loss *= 10, norm *= 10) {
    const renderer::StepReport& one = expected.reports[i];
    EXPECT_NEAR(found.reports[i].loss, one.loss, loss * one.loss) << i;
    EXPECT_NEAR(found.reports[i].gradient_norm, one.gradient_norm, norm * one.gradient_norm) << i;
  }
}

class TrainingDevice : public testing::TestWithParam<jobs::Training (*)()> {};
INSTANTIATE_TEST_SUITE_P(Of, TrainingDevice,
                         testing::Values(clips_training, mixed_training, lora_training, vae_training,
                                         decoder_training));

TEST_P(TrainingDevice, MixedPrecisionIsNearlyTheSame) {
  jobs::Training training = GetParam()();
  const Site exact(training, "cpu");
  training.mixed_precision = jobs::MixedPrecision::bf16;
  const Site mixed(training, "cpu");
  expect_near(mixed, exact, 0.01, 0.03);
  EXPECT_NE(mixed.reports[0].loss, exact.reports[0].loss) << "it is not in use";
}

TEST_P(TrainingDevice, AfterMixedPrecisionAllIsExactAgain) {
  jobs::Training training = GetParam()();
  const Site before(training, "cpu");
  training.mixed_precision = jobs::MixedPrecision::bf16;
  const Site mixed(training, "cpu");
  training.mixed_precision = jobs::MixedPrecision::no;
  const Site after(training, "cpu");
  for (std::size_t i = 0; i < before.reports.size(); ++i) {
    EXPECT_EQ(after.reports[i].loss, before.reports[i].loss);
  }
}

TEST_P(TrainingDevice, AGpuDoesTheSame) {
  if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no CUDA device: CPU only";
  const jobs::Training training = GetParam()();
  const Site here(training, "cpu");
  Site there(training, "cuda");
  expect_near(there, here, 1e-4, 1e-3);
  // What was kept there goes on there, and what it makes can be written and looked at.
  const renderer::TrainingState kept = there.trainer->state();
  const double next = there.trainer->step().loss;
  there.trainer->restore(kept);
  EXPECT_NEAR(there.trainer->step().loss, next, 1e-4 * next);
  there.trainer->write_model(testing::TempDir() + "training-of-a-gpu");
  const auto never = [] { return false; };
  EXPECT_TRUE(there.trainer->sample(5, 2, never).has_value());
  EXPECT_EQ(there.trainer->gate({.clips = 1}).rows.size(), here.trainer->gate({.clips = 1}).rows.size());
}

TEST(TrainingDevices, WhatIsNoDeviceIsRefused) {
  EXPECT_THROW(Site(clips_training(), "tpu"), jobs::DeviceError);
  if (!at::globalContext().hasCUDA()) {
    EXPECT_THROW(Site(clips_training(), "cuda"), jobs::DeviceError);
  }
}

}  // namespace
}  // namespace pia::tests
