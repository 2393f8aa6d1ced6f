// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "renderer/nn/clip_text.hpp"
#include "renderer/training/batches.hpp"

namespace pia::renderer {

/// What samples are made with; gradients are off.
struct SampleNetworks {
  const Unet& unet;  ///< for stills without motion modules
  const ClipText& text_encoder;
  const VaeDecoder& decoder;
  ReferenceChoices choices;
};

/// How a sample is made.
struct Sampling {
  int steps = 25;
  std::function<bool()> enough = [] { return false; };
};

// See Trainer::sample. Noise follows from the training's seed and the example.

std::optional<Sample> sample_clip(const BatchReader& reader, const SampleNetworks& networks,
                                  std::uint64_t example, const Sampling& sampling);
std::optional<Sample> sample_still(const BatchReader& reader, const SampleNetworks& networks,
                                   std::uint64_t example, const Sampling& sampling);
Sample sample_picture(const BatchReader& reader, const VaeEncoder& encoder, const VaeDecoder& decoder,
                      std::uint64_t example);

}  // namespace pia::renderer
