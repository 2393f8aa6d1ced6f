// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/layers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <vector>

#include "renderer/nn/fused.hpp"
#include "renderer/nn/onednn.hpp"

namespace pia::renderer {

Linear load_linear(const WeightTree& weights) {
  return {.weight = weights["weight"], .bias = weights.has("bias") ? weights["bias"] : at::Tensor()};
}

Linear load_joined(const WeightTree& weights, std::initializer_list<std::string_view> names) {
  std::vector<at::Tensor> rows;
  std::vector<at::Tensor> biases;
  for (const std::string_view name : names) {
    const Linear one = load_linear(weights / name);
    rows.push_back(one.weight);
    if (one.bias.defined()) biases.push_back(one.bias);
  }
  return {.weight = at::cat(rows), .bias = biases.empty() ? at::Tensor() : at::cat(biases)};
}

Linear load_pointwise(const WeightTree& weights) {
  const at::Tensor weight = weights["weight"];
  return {.weight = weight.reshape({weight.size(0), weight.size(1)}), .bias = weights["bias"]};
}

Conv load_conv(const WeightTree& weights, const Stride& stride) {
  return make_conv(weights["weight"], weights["bias"], stride);
}

Conv make_conv(const at::Tensor& weight, const at::Tensor& bias, const Stride& stride) {
  const bool packs = fusible(weight) && has_onednn();
  return {.weight = packs ? onednn_packed(weight, stride) : channels_last(weight),
          .bias = bias,
          .stride = stride};
}

LayerNorm load_layer_norm(const WeightTree& weights, double eps) {
  return {.weight = weights["weight"], .bias = weights["bias"], .eps = eps};
}

GroupNorm load_group_norm(const WeightTree& weights, std::int64_t groups, double eps) {
  return {.weight = weights["weight"], .bias = weights["bias"], .groups = groups, .eps = eps};
}

at::Tensor added(at::Tensor x, const at::Tensor& y) {
  return at::GradMode::is_enabled() ? x + y : x.add_(y);
}

at::Tensor forward(const Linear& layer, const at::Tensor& x) {
  if (fusible(x) && has_onednn()) return onednn_linear(x, layer.weight, layer.bias);
  return at::linear(x, layer.weight, layer.bias);
}

at::Tensor forward(const LayerNorm& layer, const at::Tensor& x) {
  if (fusible(x)) return fused_layer_norm(layer, x.contiguous(), layer.bias);
  return at::layer_norm(x, {x.size(-1)}, layer.weight, layer.bias, layer.eps);
}

at::Tensor forward(const GroupNorm& layer, const at::Tensor& x, std::int64_t frames, After after) {
  const std::int64_t channels = x.size(1);
  const std::int64_t height = x.size(2);
  const std::int64_t width = x.size(3);
  // Frames lie one below the other in memory: a clip is one tall picture.
  const at::Tensor tall = tokens_of(x).view({x.size(0) / frames, -1, channels});
  if (at::GradMode::is_enabled()) {
    const at::Tensor y = at::group_norm(picture_of(tall, frames * height, width), layer.groups, layer.weight,
                                        layer.bias, layer.eps);
    const at::Tensor result = after == After::silu ? at::silu(y) : y;
    return picture_of(tokens_of(result).view({x.size(0), -1, channels}), height, width);
  }
  at::Tensor y;
  if (fusible(x)) {
    y = fused_group_norm(layer, tall, after);
  } else {
    y = at::group_norm(tall.transpose(1, 2), layer.groups, layer.weight, layer.bias, layer.eps)
            .transpose(1, 2);
    if (after == After::silu) at::silu_(y);
  }
  return picture_of(y.reshape({x.size(0), -1, channels}), height, width);
}

at::Tensor forward(const Conv& layer, const at::Tensor& x) {
  if (layer.weight.is_mkldnn()) return onednn_conv(x, layer);
  return at::conv2d(x, layer.weight, layer.bias, layer.stride.step, layer.stride.padding);
}

at::Tensor tokens_of(const at::Tensor& picture) {
  return picture.permute({0, 2, 3, 1})
      .contiguous()
      .view({picture.size(0), picture.size(2) * picture.size(3), picture.size(1)});
}

at::Tensor picture_of(const at::Tensor& tokens, std::int64_t height, std::int64_t width) {
  return tokens.view({tokens.size(0), height, width, tokens.size(2)}).permute({0, 3, 1, 2});
}

at::Tensor channels_last(const at::Tensor& picture) {
  return picture.contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor resize_nearest(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
  if (picture.size(2) == height && picture.size(3) == width) return picture;
  return at::upsample_nearest2d(picture, {height, width});
}

}  // namespace pia::renderer
