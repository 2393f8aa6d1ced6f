// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/motion_module.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>

#include <cmath>

#include "renderer/nn/fused.hpp"

namespace pia::renderer {
namespace {

// x: [batch, frames, places, C]; positions: [frames, C].
at::Tensor attend(const SelfAttention& attention, const LayerNorm& norm, const at::Tensor& x,
                  const at::Tensor& positions) {
  if (fusible(x)) return forward_over_frames(attention, fused_layer_norm(norm, x, norm.bias + positions));
  return forward_over_frames(attention, added(forward(norm, x), positions.unsqueeze(1)));
}

}  // namespace

MotionModule load_motion_module(const WeightTree& weights, const MotionSizes& sizes) {
  const WeightTree block = weights / "transformer_blocks.0";
  MotionModule layer{.norm = load_group_norm(weights / "norm", sizes.groups, 1e-6),
                     .proj_in = load_linear(weights / "proj_in"),
                     .norm1 = load_layer_norm(block / "norm1"),
                     .attn1 = load_self_attention(block / "attn1", sizes.heads),
                     .norm2 = load_layer_norm(block / "norm2"),
                     .attn2 = load_self_attention(block / "attn2", sizes.heads),
                     .norm3 = load_layer_norm(block / "norm3"),
                     .ff = load_feed_forward(block / "ff"),
                     .proj_out = load_linear(weights / "proj_out"),
                     .positions = {}};
  layer.positions = position_table(sizes.max_frames, layer.norm.weight.size(0)).to(layer.norm.weight);
  return layer;
}

at::Tensor position_table(std::int64_t max_frames, std::int64_t channels) {
  const at::Tensor position = at::arange(max_frames, at::kFloat).unsqueeze(1);
  const at::Tensor rate =
      at::exp(at::arange(0, channels, 2, at::kFloat) * (-std::log(10000.0) / static_cast<double>(channels)));
  const at::Tensor angle = position * rate;
  return at::stack({at::sin(angle), at::cos(angle)}, 2).reshape({max_frames, -1}).narrow(1, 0, channels);
}

at::Tensor forward(const MotionModule& layer, const at::Tensor& x, std::int64_t frames, NormAxis axis) {
  const std::int64_t channels = x.size(1);
  const at::Tensor positions = layer.positions.narrow(0, 0, frames);
  at::Tensor tokens = tokens_of(forward(layer.norm, x, joined(axis, frames), After::nothing));
  tokens = forward(layer.proj_in, tokens.view({x.size(0) / frames, frames, -1, channels}));
  tokens = added(tokens, attend(layer.attn1, layer.norm1, tokens, positions));
  tokens = added(tokens, attend(layer.attn2, layer.norm2, tokens, positions));
  tokens = added(tokens, forward(layer.ff, forward(layer.norm3, tokens)));
  const at::Tensor out = forward(layer.proj_out, tokens).view({x.size(0), -1, channels});
  return added(picture_of(out, x.size(2), x.size(3)), x);
}

}  // namespace pia::renderer
