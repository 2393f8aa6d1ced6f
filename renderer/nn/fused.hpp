// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "renderer/nn/layers.hpp"

namespace pia::renderer {

// The kernels of kernels.hpp on tensors, over all threads. The bytes do not depend on the number of threads.

/// Whether the kernels can take it: fp32 on the CPU, and no gradients are recorded in this thread.
bool fusible(const at::Tensor& x);

/// tokens: contiguous [n, rows, C]; statistics over the rows and each group's channels.
at::Tensor fused_group_norm(const GroupNorm& layer, const at::Tensor& tokens, After after);

/// x: contiguous [..., C]. `bias` stands for the layer's: [C], or [k, C] for k equal parts of x in turn.
at::Tensor fused_layer_norm(const LayerNorm& layer, const at::Tensor& x, const at::Tensor& bias);

/// [rows, 2 w] -> [rows, w]: value * gelu(gate).
at::Tensor fused_gate(const at::Tensor& wide);

}  // namespace pia::renderer
