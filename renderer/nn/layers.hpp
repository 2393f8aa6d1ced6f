// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "renderer/nn/tensors.hpp"
#include "renderer/reference_choices.hpp"

namespace pia::renderer {

// The smallest layers: plain weights and free functions. Pictures are [N, C, h, w] with channels last in
// memory ([N, h, w, C]), so that their tokens [N, h * w, C] are the same bytes. Where frames are folded into
// N, N = batch * frames with the batch outer.

struct Linear {
  at::Tensor weight;  ///< [out, in]
  at::Tensor bias;    ///< [out], or undefined
};
struct Stride {
  std::int64_t step = 1;
  std::int64_t padding = 1;
};
struct Conv {
  at::Tensor weight;  ///< [out, in, k, k], channels last, or packed for oneDNN
  at::Tensor bias;    ///< [out]
  Stride stride;
};
struct LayerNorm {
  at::Tensor weight;
  at::Tensor bias;
  double eps = 1e-5;
};
struct GroupNorm {
  at::Tensor weight;
  at::Tensor bias;
  std::int64_t groups = 32;
  double eps = 1e-5;
};

Linear load_linear(const WeightTree& weights);

/// Several layers with one input as one: their outputs side by side.
Linear load_joined(const WeightTree& weights, std::initializer_list<std::string_view> names);

/// A 1x1 convolution, or a [C, C, 1, 1]-shaped linear layer, as a Linear on tokens.
Linear load_pointwise(const WeightTree& weights);
Conv load_conv(const WeightTree& weights, const Stride& stride = {});

/// From plain weights; packs them where oneDNN will compute.
Conv make_conv(const at::Tensor& weight, const at::Tensor& bias, const Stride& stride = {});
LayerNorm load_layer_norm(const WeightTree& weights, double eps = 1e-5);
GroupNorm load_group_norm(const WeightTree& weights, std::int64_t groups, double eps);

/// x + y: in x's memory, unless gradients are recorded, which may need x as it is.
at::Tensor added(at::Tensor x, const at::Tensor& y);

at::Tensor forward(const Linear& layer, const at::Tensor& x);
at::Tensor forward(const LayerNorm& layer, const at::Tensor& x);

enum class After { nothing, silu };

/// `frames` consecutive pictures share their statistics: 1, or all of a clip (NormAxis).
at::Tensor forward(const GroupNorm& layer, const at::Tensor& x, std::int64_t frames, After after);

at::Tensor forward(const Conv& layer, const at::Tensor& x);

/// [N, C, h, w] -> [N, h * w, C], without a copy if channels are last in memory.
at::Tensor tokens_of(const at::Tensor& picture);

/// [N, h * w, C] -> [N, C, h, w], without a copy.
at::Tensor picture_of(const at::Tensor& tokens, std::int64_t height, std::int64_t width);

at::Tensor channels_last(const at::Tensor& picture);

/// Nearest-neighbour, as torch's interpolate(size=) picks them.
at::Tensor resize_nearest(const at::Tensor& picture, std::int64_t height, std::int64_t width);

/// How many consecutive pictures a norm joins.
inline std::int64_t joined(NormAxis axis, std::int64_t frames) {
  return axis == NormAxis::whole_clip ? frames : 1;
}

}  // namespace pia::renderer
