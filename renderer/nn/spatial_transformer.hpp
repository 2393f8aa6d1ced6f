// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "renderer/nn/attention.hpp"

namespace pia::renderer {

/// Transformer2DModel with one block: self attention within a picture, attention to the text, feed-forward.
struct SpatialTransformer {
  GroupNorm norm;  ///< eps 1e-6, always frame by frame
  Linear proj_in;  ///< 1x1
  LayerNorm norm1;
  SelfAttention attn1;
  LayerNorm norm2;
  CrossAttention attn2;
  LayerNorm norm3;
  FeedForward ff;
  Linear proj_out;  ///< 1x1
};

struct SpatialSizes {
  std::int64_t heads = 8;
  std::int64_t groups = 32;
};
SpatialTransformer load_spatial_transformer(const WeightTree& weights, const SpatialSizes& sizes);

/// x: [batch * frames, C, h, w].
at::Tensor forward(const SpatialTransformer& layer, const at::Tensor& x, const TextKeys& text);

}  // namespace pia::renderer
