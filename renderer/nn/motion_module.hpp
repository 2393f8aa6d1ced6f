// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "renderer/nn/attention.hpp"

namespace pia::renderer {

/// The temporal transformer: every place of the picture attends to itself over the frames, twice, then a
/// feed-forward. The positions are added after each LayerNorm, so that q, k and v all carry them.
struct MotionModule {
  GroupNorm norm;  ///< eps 1e-6; its axis is a reference choice
  Linear proj_in;
  LayerNorm norm1;
  SelfAttention attn1;
  LayerNorm norm2;
  SelfAttention attn2;
  LayerNorm norm3;
  FeedForward ff;
  Linear proj_out;
  at::Tensor positions;  ///< [max frames, C]: sin at even, cos at odd channels
};

struct MotionSizes {
  std::int64_t heads = 8;
  std::int64_t groups = 32;
  std::int64_t max_frames = 32;
};
MotionModule load_motion_module(const WeightTree& weights, const MotionSizes& sizes);

/// The position table, fp32: position p, channel 2i: sin(p w_i), 2i + 1: cos(p w_i), w_i = 10000^(-2i / C).
at::Tensor position_table(std::int64_t max_frames, std::int64_t channels);

/// x: [batch * frames, C, h, w].
at::Tensor forward(const MotionModule& layer, const at::Tensor& x, std::int64_t frames, NormAxis axis);

}  // namespace pia::renderer
