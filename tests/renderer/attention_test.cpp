// SPDX-License-Identifier: Apache-2.0
// What is too wide to lie in memory as a whole is made in pieces: the same numbers as at once.
#include "renderer/nn/attention.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace pia::renderer {
namespace {

constexpr std::int64_t kChannels = 320;

SelfAttention some_attention() {
  const auto linear = [](std::int64_t out) {
    return Linear{.weight = at::randn({out, kChannels}) * 0.05, .bias = at::randn({out})};
  };
  return {.qkv = linear(3 * kChannels), .to_out = linear(kChannels), .heads = 8};
}

// Where gradients are recorded everything is made at once.
template <class Forward>
void expect_the_same_at_once(const Forward& forward_of) {
  at::Tensor whole;
  {
    const at::AutoGradMode recorded(true);
    whole = forward_of();
  }
  const at::AutoGradMode unrecorded(false);
  const at::Tensor in_pieces = forward_of();
  ASSERT_EQ(in_pieces.sizes(), whole.sizes());
  EXPECT_LT((in_pieces - whole).abs().max().item<float>(), 1e-5F * whole.abs().max().item<float>());
}

TEST(Attention, InPiecesIsAsAtOnce) {
  const SelfAttention layer = some_attention();
  const at::Tensor x = at::randn({5, 600, kChannels});  // pieces of three pictures and of two
  expect_the_same_at_once([&] { return forward(layer, x); });
}

TEST(Attention, OverFramesInPiecesIsAsAtOnce) {
  const SelfAttention layer = some_attention();
  const at::Tensor x = at::randn({2, 16, 200, kChannels});  // pieces of 136 places and of 64
  expect_the_same_at_once([&] { return forward_over_frames(layer, x); });
}

}  // namespace
}  // namespace pia::renderer
