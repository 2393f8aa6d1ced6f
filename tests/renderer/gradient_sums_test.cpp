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

/// Doubles the gradients that it is given, and notes what they were, and when; the other rank leaves the
/// order to this one.
class Twin : public renderer::Reducer {
 public:
  explicit Twin(const Parameters& parameters)
      : first_(parameters.gradients.const_data_ptr<float>()), size_(parameters.gradients.numel()) {}
  int rank() const override { return 0; }
  int ranks() const override { return 2; }
  void begin(std::span<float> values) override {
    if (values.data() < first_ || values.data() >= first_ + size_) return;
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
  std::int64_t size_;
};

void step(const Parameters& parameters, GradientSums& sums, Twin& reducer, const std::vector<int>& layers) {
  const at::AutoGradMode recording(true);
  parameters.gradients.zero_();
  reducer.began.clear();
  reducer.in_the_pass = true;
  const at::Tensor loss = product(parameters, layers);
  parameters.gradients[parameters.values.numel()].fill_(7);
  sums.begin();
  loss.backward();
  reducer.in_the_pass = false;
  sums.finish();
}

TEST(GradientSums, GoOutInTheBackwardPassFromTheSecondStepOn) {
  const Parameters parameters = chain_of(6);
  Twin reducer(parameters);
  GradientSums sums(parameters, reducer, 2 * kSize);
  for (const bool first : {true, false}) {
    step(parameters, sums, reducer, {0, 1, 2, 3, 4, 5});
    ASSERT_EQ(reducer.began.size(), 3U);
    EXPECT_EQ(reducer.began[0].size, 2 * kSize + 1) << "the loss goes with the last tensors";
    EXPECT_EQ(reducer.began[2].offset, 0);
    for (const Twin::Begun& one : reducer.began) {
      EXPECT_EQ(one.in_the_pass, !first);
      EXPECT_EQ(one.least, 1) << "at " << one.offset << ": before its gradient was there";
    }
    EXPECT_TRUE((parameters.gradients.narrow(0, 0, 6 * kSize) == 2).all().item<bool>());
    EXPECT_EQ(parameters.gradients[6 * kSize].item<float>(), 14);
  }
  EXPECT_EQ(reducer.finished, 3) << "one of them of the order";
}

TEST(GradientSums, GoOutInTheOrderInWhichTheyComeWhereverTheyLie) {
  const Parameters parameters = chain_of(3);
  Twin reducer(parameters);
  GradientSums sums(parameters, reducer, kSize);
  for (int i = 0; i < 2; ++i) step(parameters, sums, reducer, {2, 0, 1});
  ASSERT_EQ(reducer.began.size(), 3U);
  EXPECT_EQ(reducer.began[0].offset, 1 * kSize);
  EXPECT_EQ(reducer.began[1].offset, 0);
  EXPECT_EQ(reducer.began[2].offset, 2 * kSize);
  EXPECT_TRUE(reducer.began[2].in_the_pass);
}

TEST(GradientSums, WaitForNoTensorThatAPassDoesNotReach) {
  const Parameters parameters = chain_of(4);
  Twin reducer(parameters);
  GradientSums sums(parameters, reducer, kSize);
  step(parameters, sums, reducer, {0, 1, 2, 3});
  step(parameters, sums, reducer, {0, 1, 3});
  ASSERT_EQ(reducer.began.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(reducer.began[i].offset, static_cast<std::int64_t>(3 - i) * kSize);
    EXPECT_EQ(reducer.began[i].in_the_pass, i == 0) << "those after the missing one keep their places";
  }
  EXPECT_EQ(parameters.gradients[2 * kSize].item<float>(), 0);
}

TEST(GradientSums, HearOfTheLastPassAlone) {
  const Parameters parameters = chain_of(3);
  Twin reducer(parameters);
  GradientSums sums(parameters, reducer, kSize);
  step(parameters, sums, reducer, {0, 1, 2});
  reducer.began.clear();
  const at::AutoGradMode recording(true);
  product(parameters, {0, 1, 2}).backward();
  EXPECT_TRUE(reducer.began.empty()) << "of an accumulation";
}

}  // namespace
}  // namespace pia::tests
