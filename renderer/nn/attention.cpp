// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/attention.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <algorithm>

#include "jobs/core/error.hpp"
#include "renderer/nn/fused.hpp"

namespace pia::renderer {
namespace {

// What is wide is worked on in pieces of about so many elements, so that the whole never lies in memory.
constexpr std::int64_t kWideElements = std::int64_t{1} << 21;

// How many of things that come to `wide` elements each are worked on at once.
std::int64_t at_once(std::int64_t wide) {
  return std::max<std::int64_t>(1, kWideElements / wide);
}

// [N, L, heads * d] -> [N, heads, L, d], a view.
at::Tensor by_head(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

// The inverse; a copy only if the kernel left heads outside.
at::Tensor heads_joined(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)});
}

// [rows, 2 w] -> [rows, w]: value * gelu(gate).
at::Tensor gated(const at::Tensor& wide) {
  if (fusible(wide)) return fused_gate(wide);
  const std::vector<at::Tensor> halves = wide.chunk(2, 1);
  const at::Tensor gate = at::gelu(halves[1]);
  return at::GradMode::is_enabled() ? gate * halves[0] : gate.mul_(halves[0]);
}

// All pictures of a text are one long sequence of queries.
at::Tensor attend_in_runs(const at::Tensor& q, const TextKeys& text, std::int64_t heads) {
  at::Tensor mixed = at::empty_like(q);
  std::int64_t from = 0;
  for (const TextRun& run : text.runs) {
    const at::Tensor queries = q.narrow(0, from, run.pictures);
    const at::Tensor answer =
        at::scaled_dot_product_attention(by_head(queries.view({1, -1, q.size(2)}), heads),
                                         text.k.narrow(0, run.text, 1), text.v.narrow(0, run.text, 1));
    mixed.narrow(0, from, run.pictures).copy_(heads_joined(answer).view(queries.sizes()));
    from += run.pictures;
  }
  PIA_ASSERT(from == q.size(0));
  return mixed;
}

}  // namespace

SelfAttention load_self_attention(const WeightTree& weights, std::int64_t heads) {
  return {.qkv = load_joined(weights, {"to_q", "to_k", "to_v"}),
          .to_out = load_linear(weights / "to_out.0"),
          .heads = heads};
}

CrossAttention load_cross_attention(const WeightTree& weights, std::int64_t heads) {
  return {.to_q = load_linear(weights / "to_q"),
          .kv = load_joined(weights, {"to_k", "to_v"}),
          .to_out = load_linear(weights / "to_out.0"),
          .heads = heads};
}

FeedForward load_feed_forward(const WeightTree& weights) {
  return {.proj = load_linear(weights / "net.0.proj"), .out = load_linear(weights / "net.2")};
}

namespace {

at::Tensor mixed_at_once(const SelfAttention& layer, const at::Tensor& x) {
  const at::Tensor qkv =
      forward(layer.qkv, x).view({x.size(0), x.size(1), 3, layer.heads, x.size(2) / layer.heads});
  const auto part = [&](std::int64_t i) { return qkv.select(2, i).transpose(1, 2); };
  return forward(layer.to_out, heads_joined(at::scaled_dot_product_attention(part(0), part(1), part(2))));
}

at::Tensor recorded_over_frames(const SelfAttention& layer, const at::Tensor& x) {
  const std::int64_t batch = x.size(0);
  const at::Tensor qkv = forward(layer.qkv, x).view({batch, x.size(1), x.size(2), 3, layer.heads, -1});
  // [3, batch * places, heads, frames, d]
  const at::Tensor parts =
      qkv.permute({3, 0, 2, 4, 1, 5}).reshape({3, batch * x.size(2), layer.heads, x.size(1), -1});
  const at::Tensor mixed = at::scaled_dot_product_attention(parts[0], parts[1], parts[2])
                               .view({batch, x.size(2), layer.heads, x.size(1), -1});
  return forward(layer.to_out, mixed.permute({0, 3, 1, 2, 4}).reshape(x.sizes()));
}

// x: [frames, places, C]; the parts are views of the projection: [places, heads, frames, d].
at::Tensor mixed_over_frames(const SelfAttention& layer, const at::Tensor& x) {
  const at::Tensor qkv = forward(layer.qkv, x.contiguous()).view({x.size(0), x.size(1), 3, layer.heads, -1});
  const auto part = [&](std::int64_t i) { return qkv.select(2, i).permute({1, 2, 0, 3}); };
  const at::Tensor mixed = at::scaled_dot_product_attention(part(0), part(1), part(2));
  return forward(layer.to_out, mixed.permute({2, 0, 1, 3}).reshape(x.sizes()));
}

}  // namespace

at::Tensor forward(const SelfAttention& layer, const at::Tensor& x) {
  const std::int64_t piece = at_once(3 * x.size(1) * x.size(2));
  if (at::GradMode::is_enabled() || !x.is_cpu() || piece >= x.size(0)) return mixed_at_once(layer, x);
  at::Tensor y = at::empty_like(x);
  for (std::int64_t from = 0; from < x.size(0); from += piece) {
    const std::int64_t count = std::min(piece, x.size(0) - from);
    y.narrow(0, from, count).copy_(mixed_at_once(layer, x.narrow(0, from, count)));
  }
  return y;
}

at::Tensor forward_over_frames(const SelfAttention& layer, const at::Tensor& x) {
  if (at::GradMode::is_enabled()) return recorded_over_frames(layer, x);
  const std::int64_t places = x.size(2);
  const std::int64_t piece = x.is_cpu() ? at_once(3 * x.size(1) * x.size(3)) : places;
  at::Tensor y = at::empty_like(x);
  for (std::int64_t b = 0; b < x.size(0); ++b) {
    for (std::int64_t from = 0; from < places; from += piece) {
      const std::int64_t count = std::min(piece, places - from);
      y[b].narrow(1, from, count).copy_(mixed_over_frames(layer, x[b].narrow(1, from, count)));
    }
  }
  return y;
}

TextKeys keys_of(const CrossAttention& layer, const at::Tensor& text) {
  const at::Tensor kv = forward(layer.kv, text).view({text.size(0), text.size(1), 2, layer.heads, -1});
  return {.k = kv.select(2, 0).transpose(1, 2).contiguous(),
          .v = kv.select(2, 1).transpose(1, 2).contiguous()};
}

at::Tensor forward(const CrossAttention& layer, const at::Tensor& x, const TextKeys& text) {
  const at::Tensor queries = forward(layer.to_q, x);
  if (!text.runs.empty()) return forward(layer.to_out, attend_in_runs(queries, text, layer.heads));
  const at::Tensor q = queries.view({text.k.size(0), -1, x.size(2)});
  const at::Tensor mixed =
      heads_joined(at::scaled_dot_product_attention(by_head(q, layer.heads), text.k, text.v));
  return forward(layer.to_out, mixed.view(x.sizes()));
}

at::Tensor forward(const FeedForward& layer, const at::Tensor& x) {
  const at::Tensor rows = x.reshape({-1, x.size(-1)});
  if (at::GradMode::is_enabled()) return forward(layer.out, gated(forward(layer.proj, rows))).view(x.sizes());
  const std::int64_t middle = layer.out.weight.size(1);
  const std::int64_t piece = std::max<std::int64_t>(64, at_once(2 * middle));
  at::Tensor y = at::empty_like(rows);
  for (std::int64_t from = 0; from < rows.size(0); from += piece) {
    const std::int64_t count = std::min(piece, rows.size(0) - from);
    const at::Tensor wide = forward(layer.proj, rows.narrow(0, from, count));
    y.narrow(0, from, count).copy_(forward(layer.out, gated(wide)));
  }
  return y.view(x.sizes());
}

}  // namespace pia::renderer
