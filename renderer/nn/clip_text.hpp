// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "renderer/nn/attention.hpp"

namespace pia::renderer {

/// One pre-norm layer of CLIP's text encoder.
struct ClipLayer {
  LayerNorm layer_norm1;
  SelfAttention self_attn;  ///< q_proj, k_proj, v_proj with biases; out_proj
  LayerNorm layer_norm2;
  Linear fc1;
  Linear fc2;
};

struct ClipText {
  ClipTextConfig config;
  at::Tensor token_embedding;     ///< [vocabulary, C]
  at::Tensor position_embedding;  ///< [positions, C]
  std::vector<ClipLayer> layers;
  LayerNorm final_layer_norm;
};

ClipText load_clip_text(const WeightTree& weights, const ClipTextConfig& config);

/// ids: int64 [n, tokens] within the vocabulary -> [n, tokens, C] after the final norm. A causal mask and no
/// other: padding is read like text, as both references do. `clip_skip`, 1..layers: 1 is the last layer, each
/// more leaves one out.
at::Tensor forward(const ClipText& net, const at::Tensor& ids, int clip_skip = 1);

}  // namespace pia::renderer
