// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/gradient_sums.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

namespace pia::tests {
namespace {

using renderer::GradientSums;
using renderer::Parameters;

constexpr std::int64_t kSize = 16;

/// `layers` tensors of 16 ones each, one after the other in the flat buffers.
Parameters chain_of(int layers) {
  Parameters parameters;
  parameters.values = at::ones({layers * kSize});
  parameters.gradients = at::zeros({layers * kSize + 1});
  for (int i = 0; i < layers; ++i) {
    const renderer::Slice slice{
        .component = "net", .key = std::to_string(i), .shape = {kSize}, .strides = {1}, .offset = i * kSize};
    at::Tensor tensor = part_of(parameters.values, slice).detach();
    tensor.requires_grad_();
    tensor.mutable_grad() = part_of(parameters.gradients, slice);
    parameters.tensors["net"][slice.key] = tensor;
    parameters.slices.push_back(slice);
  }
  return parameters;
}

/// The layers multiplied, each of those that are named.
at::Tensor product(const Parameters& parameters, const std::vector<int>& layers) {
  at::Tensor x = at::ones({kSize});
  for (const int i : layers) x = x * trained_tensor(parameters, static_cast<std::size_t>(i));
  return x.sum();
}

/// Doubles what it is given, and notes what that was, and when.
class Twin : public renderer::Reducer {
 public:
  explicit Twin(const Parameters& parameters) : first_(parameters.gradients.const_data_ptr<float>()) {}
  int rank() const override { return 0; }
  int ranks() const override { return 2; }
  void begin(std::span<float> values) override {
    began.push_back({.offset = values.data() - first_,
                     .size = static_cast<std::int64_t>(values.size()),
                     .least = *std::ranges::min_element(values.first(kSize)),
                     .in_the_pass = in_the_pass});
    for (float& value : values) value *= 2;
  }
  void go_on() override {}
  void finish() override { ++finished; }

  struct Begun {
    std::int64_t offset;
    std::int64_t size;
    float least;  ///< of its first tensor
    bool in_the_pass;
  };
  std::vector<Begun> began;
  int finished = 0;
  bool in_the_pass = true;

 private:
  const float* first_;
};

TEST(GradientSums, GoOutInTheBackwardPassTheLastTensorsFirst) {
  const at::AutoGradMode recording(true);
  const Parameters parameters = chain_of(6);
  Twin reducer(parameters);
  GradientSums sums(parameters, reducer, 2 * kSize);
  const at::Tensor loss = product(parameters, {0, 1, 2, 3, 4, 5});
  parameters.gradients[6 * kSize].fill_(7);
  sums.begin();
  loss.backward();
  reducer.in_the_pass = false;
  ASSERT_EQ(reducer.began.size(), 3U);
  EXPECT_EQ(reducer.began[0].size, 2 * kSize + 1) << "the loss goes with the last tensors";
  EXPECT_EQ(reducer.began[2].offset, 0);
  for (const Twin::Begun& one : reducer.began) {
    EXPECT_TRUE(one.in_the_pass);
    EXPECT_EQ(one.least, 1) << "at " << one.offset << ": before its gradient was there";
  }
  sums.finish();
  EXPECT_EQ(reducer.began.size(), 3U);
  EXPECT_EQ(reducer.finished, 1);
  EXPECT_TRUE((parameters.gradients.narrow(0, 0, 6 * kSize) == 2).all().item<bool>());
  EXPECT_EQ(parameters.gradients[6 * kSize].item<float>(), 14);
}

TEST(GradientSums, WaitForNoTensorThatAPassDoesNotReach) {
  const at::AutoGradMode recording(true);
  const Parameters parameters = chain_of(4);
  Twin reducer(parameters);
  GradientSums sums(parameters, reducer, kSize);
  sums.begin();
  product(parameters, {0, 1, 3}).backward();
  EXPECT_EQ(reducer.began.size(), 1U) << "those before the missing one keep their order";
  sums.finish();
  ASSERT_EQ(reducer.began.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(reducer.began[i].offset, static_cast<std::int64_t>(3 - i) * kSize);
  }
  EXPECT_EQ(parameters.gradients[2 * kSize].item<float>(), 0);
}

TEST(GradientSums, HearOfTheLastPassAlone) {
  const at::AutoGradMode recording(true);
  const Parameters parameters = chain_of(3);
  Twin reducer(parameters);
  GradientSums sums(parameters, reducer, kSize);
  product(parameters, {0, 1, 2}).backward();
  EXPECT_TRUE(reducer.began.empty());
  for (int step = 0; step < 2; ++step) {
    sums.begin();
    product(parameters, {0, 1, 2}).backward();
    sums.finish();
    EXPECT_EQ(reducer.began.size(), static_cast<std::size_t>(3 * (step + 1)));
  }
}

}  // namespace
}  // namespace pia::tests
