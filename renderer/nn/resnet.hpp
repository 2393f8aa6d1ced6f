// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "renderer/nn/layers.hpp"

namespace pia::renderer {

/// norm1, SiLU, conv1, + time, norm2, SiLU, conv2, + shortcut. The VAE's have no time.
struct Resnet {
  GroupNorm norm1;
  Conv conv1;
  std::optional<Linear> time_emb_proj;
  GroupNorm norm2;
  Conv conv2;
  std::optional<Linear> conv_shortcut;  ///< 1x1, where the channels change
};

Resnet load_resnet(const WeightTree& weights, std::int64_t groups, double eps);

/// x: [batch * frames, C, h, w]. `temb` is SiLU(time embedding), [1 or batch, time width], or undefined.
/// `frames` consecutive pictures share the norms' statistics.
at::Tensor forward(const Resnet& layer, const at::Tensor& x, const at::Tensor& temb, std::int64_t frames);

}  // namespace pia::renderer
