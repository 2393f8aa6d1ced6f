// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "renderer/training/batches.hpp"

namespace pia::renderer {

/// What is looked at; gradients are off.
struct GateNetworks {
  /// The noise that a network sees in a clip, [1, frames, 4, h, w]; text: [1, tokens, width].
  std::function<at::Tensor(const DenoiserBatch& clip, const at::Tensor& text)> predict;
  /// ids [n, tokens] -> texts [n, tokens, width].
  std::function<at::Tensor(const at::Tensor& ids)> read;
};

/// See GateReport. From terminal_timestep on the network is given noise alone, as in sampling.
GateReport gate_report(const BatchReader& reader, const GateNetworks& networks, const GateTask& task);

}  // namespace pia::renderer
