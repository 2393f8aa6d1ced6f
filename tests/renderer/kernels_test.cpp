// SPDX-License-Identifier: Apache-2.0
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "renderer/nn/fused.hpp"
#include "tests/renderer/golden.hpp"

namespace pia::tests {
namespace {

using renderer::After;
using renderer::GroupNorm;
using renderer::LayerNorm;

/// Of the std: fp32 sums and exponentials differ by that much from CPU to CPU.
constexpr double kRounding = 4e-6;

GroupNorm group_norm(std::int64_t channels, std::int64_t groups) {
  return {.weight = at::randn({channels}), .bias = at::randn({channels}), .groups = groups, .eps = 1e-6};
}

at::Tensor exact(const GroupNorm& layer, const at::Tensor& tokens) {
  const at::Tensor wide = tokens.to(at::kDouble).transpose(1, 2).contiguous();
  return at::group_norm(wide, layer.groups, layer.weight.to(at::kDouble), layer.bias.to(at::kDouble),
                        layer.eps)
      .transpose(1, 2);
}

TEST(GroupNormKernel, AgreesWithDoublePrecisionAtAnyShape) {
  for (const auto& [rows, channels, groups] : std::vector<std::tuple<int, int, int>>{
           {1, 8, 2}, {3, 20, 4}, {70, 32, 32}, {5000, 48, 16}, {900, 320, 32}}) {
    const GroupNorm layer = group_norm(channels, groups);
    const at::Tensor x = at::randn({2, rows, channels}) * 3 + 2;
    EXPECT_LE(largest_error(renderer::fused_group_norm(layer, x, After::nothing), exact(layer, x)), kRounding)
        << rows;
    EXPECT_LE(largest_error(renderer::fused_group_norm(layer, x, After::silu), at::silu(exact(layer, x))),
              kRounding)
        << rows;
  }
}

TEST(GroupNormKernel, KeepsItsDigitsWhereTheMeanIsFarFromZero) {
  const GroupNorm layer = group_norm(64, 32);
  at::Tensor x = at::randn({1, 2000, 64}) * 1e-2 + 10;
  // An outlier where a lazy choice of shift would look.
  x[0][0] = -50;
  EXPECT_LE(largest_error(renderer::fused_group_norm(layer, x, After::nothing), exact(layer, x)), 1e-4);
}

TEST(GroupNormKernel, PassesOnWhatIsNoNumber) {
  const GroupNorm layer = group_norm(32, 4);
  at::Tensor x = at::randn({1, 10, 32});
  x[0][3][5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(renderer::fused_group_norm(layer, x, After::silu)[0][3][5].item<float>()));
}

TEST(LayerNormKernel, AgreesWithDoublePrecisionAndTakesABiasForEachFrame) {
  for (const std::int64_t channels : {8, 37, 320}) {
    const LayerNorm layer{.weight = at::randn({channels}), .bias = at::randn({channels}), .eps = 1e-5};
    const at::Tensor x = at::randn({2, 3, 500, channels}) * 2 + 1;
    const at::Tensor frames = at::randn({3, channels});
    const at::Tensor plain =
        at::layer_norm(x.to(at::kDouble), {channels}, layer.weight.to(at::kDouble), {}, 1e-5);
    EXPECT_LE(largest_error(renderer::fused_layer_norm(layer, x, layer.bias), plain + layer.bias), kRounding);
    EXPECT_LE(largest_error(renderer::fused_layer_norm(layer, x, frames), plain + frames.unsqueeze(1)),
              kRounding);
  }
}

TEST(GateKernel, AgreesWithTheExactGelu) {
  for (const std::int64_t width : {5, 16, 1280}) {
    const at::Tensor x = at::randn({70, 2 * width}) * 4;
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor expected = wide.narrow(1, 0, width) * at::gelu(wide.narrow(1, width, width));
    EXPECT_LE(largest_error(renderer::fused_gate(x), expected), kRounding) << width;
  }
}

TEST(GateKernel, IsRightFarOut) {
  const at::Tensor gate = at::linspace(-120, 120, 4801, at::kFloat);
  const at::Tensor x = at::stack({gate, gate}, 1);
  EXPECT_LE(
      largest_error(renderer::fused_gate(x).view(-1), gate.to(at::kDouble) * at::gelu(gate.to(at::kDouble))),
      1e-6);
}

TEST(Kernels, GiveTheSameBytesOnAnyNumberOfThreads) {
  const GroupNorm layer = group_norm(64, 32);
  const at::Tensor x = at::randn({2, 9000, 64});
  at::set_num_threads(1);
  const at::Tensor one = renderer::fused_group_norm(layer, x, After::silu);
  at::set_num_threads(2);
  EXPECT_TRUE(one.equal(renderer::fused_group_norm(layer, x, After::silu)));
  at::set_num_threads(1);
}

}  // namespace
}  // namespace pia::tests
