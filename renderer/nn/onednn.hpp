// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "renderer/nn/layers.hpp"

namespace pia::renderer {

// oneDNN directly, for fp32 on the CPU. Torch gives linear layers to MKL, which on AMD's CPUs does 70 to 90 %
// of oneDNN's speed, and reorders a convolution's weights on every call, which costs a third where pictures
// are small. The bytes are those of torch's own convolution.

/// Whether this LibTorch has the operators.
bool has_onednn();

at::Tensor onednn_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// The weights in the layout that oneDNN computes with: opaque to all but onednn_conv.
at::Tensor onednn_packed(const at::Tensor& weight, const Stride& stride);
at::Tensor onednn_conv(const at::Tensor& x, const Conv& layer);

}  // namespace pia::renderer
