// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "jobs/core/shot.hpp"
#include "renderer/nn/clip_text.hpp"
#include "renderer/nn/unet.hpp"
#include "renderer/nn/vae.hpp"

namespace pia::renderer {

/// All networks of a PIA model, in memory.
struct ResidentModel {
  VaeConfig vae_config;
  MotionConfig motion_config;
  ClipText text_encoder;
  VaeEncoder vae_encoder;
  VaeDecoder vae_decoder;
  Unet unet;
  Placement placement;  ///< of the U-Net and the text encoder; the VAE is fp32 everywhere
};

/// Copies the weights. Throws jobs::WeightError if the motion file has no condition module.
ResidentModel load_model(const ModelWeights& weights, const Placement& placement);

}  // namespace pia::renderer
