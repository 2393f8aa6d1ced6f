// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/resident_model.hpp"

#include "jobs/core/error.hpp"

namespace pia::renderer {

ResidentModel load_model(const ModelWeights& weights, const Placement& placement) {
  if (weights.motion_config.conv_in_channels != 2 * weights.unet_config.in_channels + 1) {
    throw jobs::WeightError(
        "the motion file has no condition module (conv_in with 9 channels): it is AnimateDiff's, not PIA's; "
        "name PIA's motion file");
  }
  const Placement vae{.device = placement.device, .dtype = at::kFloat};
  return {.vae_config = weights.vae_config,
          .motion_config = weights.motion_config,
          .text_encoder = load_clip_text(WeightTree(weights.text_encoder, weights.text_loras, placement),
                                         weights.text_config),
          .vae_encoder = load_vae_encoder(WeightTree(weights.vae, vae), weights.vae_config),
          .vae_decoder = load_vae_decoder(WeightTree(weights.vae, vae), weights.vae_config),
          .unet = load_unet(weights, placement),
          .placement = placement};
}

}  // namespace pia::renderer
