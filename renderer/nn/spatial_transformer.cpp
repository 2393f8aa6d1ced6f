// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/spatial_transformer.hpp"

namespace pia::renderer {

SpatialTransformer load_spatial_transformer(const WeightTree& weights, const SpatialSizes& sizes) {
  const WeightTree block = weights / "transformer_blocks.0";
  return {.norm = load_group_norm(weights / "norm", sizes.groups, 1e-6),
          .proj_in = load_pointwise(weights / "proj_in"),
          .norm1 = load_layer_norm(block / "norm1"),
          .attn1 = load_self_attention(block / "attn1", sizes.heads),
          .norm2 = load_layer_norm(block / "norm2"),
          .attn2 = load_cross_attention(block / "attn2", sizes.heads),
          .norm3 = load_layer_norm(block / "norm3"),
          .ff = load_feed_forward(block / "ff"),
          .proj_out = load_pointwise(weights / "proj_out")};
}

at::Tensor forward(const SpatialTransformer& layer, const at::Tensor& x, const TextKeys& text) {
  at::Tensor tokens = forward(layer.proj_in, tokens_of(forward(layer.norm, x, 1, After::nothing)));
  tokens = added(tokens, forward(layer.attn1, forward(layer.norm1, tokens)));
  tokens = added(tokens, forward(layer.attn2, forward(layer.norm2, tokens), text));
  tokens = added(tokens, forward(layer.ff, forward(layer.norm3, tokens)));
  return added(picture_of(forward(layer.proj_out, tokens), x.size(2), x.size(3)), x);
}

}  // namespace pia::renderer
