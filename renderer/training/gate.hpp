// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "renderer/nn/clip_text.hpp"
#include "renderer/training/batches.hpp"

namespace pia::renderer {

/// Networks as they are now, bound without gradients.
struct GateNetworks {
  const Unet& unet;
  const ClipText& text_encoder;
};

/// See GateReport; gradients must be off.
GateReport gate_report(const BatchReader& reader, const GateNetworks& networks, const GateTask& task);

}  // namespace pia::renderer
