// SPDX-License-Identifier: Apache-2.0
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "jobs/core/error.hpp"
#include "tests/renderer/flicker.hpp"

namespace pia::tests {
namespace {

renderer::StepReport first_step(const jobs::Training& training, const std::string& device) {
  const Flicker clips;
  const auto reducer = renderer::make_lone_reducer();
  return renderer::make_trainer(training, clips, *reducer, {.device = device, .tokenize = ids_of})->step();
}

class TrainingDevice : public testing::TestWithParam<jobs::Training (*)()> {};
INSTANTIATE_TEST_SUITE_P(Of, TrainingDevice, testing::Values(clips_training, mixed_training, vae_training));

TEST_P(TrainingDevice, MixedPrecisionIsNearlyTheSameStep) {
  jobs::Training training = GetParam()();
  const renderer::StepReport exact = first_step(training, "cpu");
  training.mixed_precision = jobs::MixedPrecision::bf16;
  const renderer::StepReport mixed = first_step(training, "cpu");
  EXPECT_NEAR(mixed.loss, exact.loss, 0.02 * exact.loss);
  EXPECT_NEAR(mixed.gradient_norm, exact.gradient_norm, 0.05 * exact.gradient_norm);
  EXPECT_NE(mixed.loss, exact.loss) << "it is not in use";
}

TEST_P(TrainingDevice, AfterMixedPrecisionAllIsExactAgain) {
  jobs::Training training = GetParam()();
  const double before = first_step(training, "cpu").loss;
  training.mixed_precision = jobs::MixedPrecision::bf16;
  first_step(training, "cpu");
  training.mixed_precision = jobs::MixedPrecision::no;
  EXPECT_EQ(first_step(training, "cpu").loss, before);
}

TEST_P(TrainingDevice, AGpuTakesTheSameStep) {
  if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no CUDA device: CPU only";
  const renderer::StepReport here = first_step(GetParam()(), "cpu");
  const renderer::StepReport there = first_step(GetParam()(), "cuda");
  EXPECT_NEAR(there.loss, here.loss, 1e-4 * here.loss);
  EXPECT_NEAR(there.gradient_norm, here.gradient_norm, 1e-3 * here.gradient_norm);
}

TEST(TrainingDevices, WhatIsNoDeviceIsRefused) {
  EXPECT_THROW(first_step(clips_training(), "tpu"), jobs::DeviceError);
  if (!at::globalContext().hasCUDA()) {
    EXPECT_THROW(first_step(clips_training(), "cuda"), jobs::DeviceError);
  }
}

}  // namespace
}  // namespace pia::tests
