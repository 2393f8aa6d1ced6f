// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/resnet.hpp"

#include <ATen/TensorOperators.h>

namespace pia::renderer {
namespace {

at::Tensor with_time(const Resnet& layer, const at::Tensor& x, const at::Tensor& temb) {
  const at::Tensor time = forward(*layer.time_emb_proj, temb);
  if (time.size(0) == 1) {
    // One time for all rows is a bias of the convolution.
    return forward(
        Conv{.weight = layer.conv1.weight, .bias = layer.conv1.bias + time[0], .stride = layer.conv1.stride},
        x);
  }
  const at::Tensor y = forward(layer.conv1, x);
  const at::Tensor tokens = added(tokens_of(y).view({time.size(0), -1, y.size(1)}), time.unsqueeze(1));
  return picture_of(tokens.view({y.size(0), -1, y.size(1)}), y.size(2), y.size(3));
}

}  // namespace

Resnet load_resnet(const WeightTree& weights, std::int64_t groups, double eps) {
  Resnet layer{.norm1 = load_group_norm(weights / "norm1", groups, eps),
               .conv1 = load_conv(weights / "conv1"),
               .time_emb_proj = std::nullopt,
               .norm2 = load_group_norm(weights / "norm2", groups, eps),
               .conv2 = load_conv(weights / "conv2"),
               .conv_shortcut = std::nullopt};
  if (weights.has("time_emb_proj.weight")) layer.time_emb_proj = load_linear(weights / "time_emb_proj");
  if (weights.has("conv_shortcut.weight")) layer.conv_shortcut = load_pointwise(weights / "conv_shortcut");
  return layer;
}

at::Tensor forward(const Resnet& layer, const at::Tensor& x, const at::Tensor& temb, std::int64_t frames) {
  at::Tensor y = forward(layer.norm1, x, frames, After::silu);
  y = layer.time_emb_proj ? with_time(layer, y, temb) : forward(layer.conv1, y);
  y = forward(layer.norm2, y, frames, After::silu);
  y = forward(layer.conv2, y);
  const at::Tensor shortcut =
      layer.conv_shortcut ? picture_of(forward(*layer.conv_shortcut, tokens_of(x)), x.size(2), x.size(3)) : x;
  return added(y, shortcut);
}

}  // namespace pia::renderer
