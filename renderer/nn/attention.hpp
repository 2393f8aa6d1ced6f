// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "renderer/nn/layers.hpp"

namespace pia::renderer {

/// Multi-head attention of tokens among themselves: q, k and v as one layer.
struct SelfAttention {
  Linear qkv;     ///< [3 C, C]: to_q, to_k, to_v
  Linear to_out;  ///< "to_out.0"
  std::int64_t heads = 8;
};

/// Multi-head attention of tokens to a text.
struct CrossAttention {
  Linear to_q;
  Linear kv;  ///< [2 C, text width]: to_k, to_v
  Linear to_out;
  std::int64_t heads = 8;
};

/// Consecutive pictures that read the same text.
struct TextRun {
  std::int64_t text = 0;  ///< its row among the texts
  std::int64_t pictures = 0;
  bool operator==(const TextRun&) const = default;
};

/// Texts as one CrossAttention sees them. [texts, heads, tokens, C / heads] each.
struct TextKeys {
  at::Tensor k;
  at::Tensor v;
  std::vector<TextRun> runs = {};  ///< over all pictures; empty: each text is read by as many, in their order
};

/// GEGLU: value * gelu(gate), with the exact (erf) GELU; the gate is the second half.
struct FeedForward {
  Linear proj;  ///< "net.0.proj", [8 C, C]
  Linear out;   ///< "net.2", [C, 4 C]
};

SelfAttention load_self_attention(const WeightTree& weights, std::int64_t heads);
CrossAttention load_cross_attention(const WeightTree& weights, std::int64_t heads);
FeedForward load_feed_forward(const WeightTree& weights);

// What is wider than C on the way, q, k and v or a feed-forward's middle, is made in pieces on a CPU, so that
// it never lies in memory as a whole; not where gradients are recorded, which need it.

/// [N, L, C] -> [N, L, C], without the residual.
at::Tensor forward(const SelfAttention& layer, const at::Tensor& x);

/// The same along the frames: x is [batch, frames, places, C]; each place attends to itself in every frame.
at::Tensor forward_over_frames(const SelfAttention& layer, const at::Tensor& x);

/// text: [texts, tokens, text width].
TextKeys keys_of(const CrossAttention& layer, const at::Tensor& text);

/// x: [pictures, L, C]; each picture attends to its text.
at::Tensor forward(const CrossAttention& layer, const at::Tensor& x, const TextKeys& text);

/// [..., C] -> the same, without the residual.
at::Tensor forward(const FeedForward& layer, const at::Tensor& x);

}  // namespace pia::renderer
