// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/clip_text.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>

#include <span>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

at::Tensor attend(const SelfAttention& layer, const at::Tensor& x) {
  const at::Tensor qkv = forward(layer.qkv, x).view({x.size(0), x.size(1), 3, layer.heads, -1});
  const auto part = [&](std::int64_t i) { return qkv.select(2, i).transpose(1, 2); };
  const at::Tensor mixed =
      at::scaled_dot_product_attention(part(0), part(1), part(2), {}, 0.0, /*is_causal=*/true);
  return forward(layer.to_out, mixed.transpose(1, 2).reshape(x.sizes()));
}

at::Tensor activated(const at::Tensor& x, ClipActivation activation) {
  return activation == ClipActivation::quick_gelu ? x * at::sigmoid(1.702 * x) : at::gelu(x);
}

ClipLayer load_layer(const WeightTree& weights, const ClipTextConfig& config) {
  const WeightTree attention = weights / "self_attn";
  return {.layer_norm1 = load_layer_norm(weights / "layer_norm1", config.layer_norm_eps),
          .self_attn = {.qkv = load_joined(attention, {"q_proj", "k_proj", "v_proj"}),
                        .to_out = load_linear(attention / "out_proj"),
                        .heads = config.num_attention_heads},
          .layer_norm2 = load_layer_norm(weights / "layer_norm2", config.layer_norm_eps),
          .fc1 = load_linear(weights / "mlp" / "fc1"),
          .fc2 = load_linear(weights / "mlp" / "fc2")};
}

}  // namespace

ClipText load_clip_text(const WeightTree& root, const ClipTextConfig& config) {
  const WeightTree weights = root / "text_model";
  ClipText net{.config = config,
               .token_embedding = weights["embeddings.token_embedding.weight"],
               .position_embedding = weights["embeddings.position_embedding.weight"],
               .layers = {},
               .final_layer_norm = load_layer_norm(weights / "final_layer_norm", config.layer_norm_eps)};
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    net.layers.push_back(load_layer(weights / "encoder.layers" / std::to_string(i), config));
  }
  return net;
}

at::Tensor forward(const ClipText& net, const at::Tensor& ids, int clip_skip) {
  at::Tensor x =
      at::embedding(net.token_embedding, ids) + net.position_embedding.narrow(0, 0, ids.size(1)).unsqueeze(0);
  PIA_ASSERT(clip_skip >= 1 && static_cast<std::size_t>(clip_skip) <= net.layers.size());
  for (const ClipLayer& layer :
       std::span(net.layers).first(net.layers.size() + 1 - static_cast<std::size_t>(clip_skip))) {
    x = x + attend(layer.self_attn, forward(layer.layer_norm1, x));
    const at::Tensor wide = forward(layer.fc1, forward(layer.layer_norm2, x));
    x = x + forward(layer.fc2, activated(wide, net.config.hidden_act));
  }
  return forward(net.final_layer_norm, x);
}

}  // namespace pia::renderer
