// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "renderer/weights/config.hpp"

namespace pia::renderer {

/// A tensor that a component must have: its key in diffusers' (transformers') state dict, and its shape.
struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  bool operator==(const ExpectedTensor&) const = default;
};

// Exactly the parameters of each component, in the order of the network, without buffers (position_ids,
// pos_embed.pe). The strict check and the rule-made models go by the same lists.

/// UNet2DConditionModel: conv_in.weight is [block_out_channels[0], in_channels, 3, 3]. 686 tensors for SD1.5.
std::vector<ExpectedTensor> unet_layout(const UnetConfig& config);

/// AutoencoderKL in today's names (attentions.0.to_q, ...). 248 tensors for SD1.5.
std::vector<ExpectedTensor> vae_layout(const VaeConfig& config);

/// CLIPTextModel, names beginning with "text_model.". 196 tensors for SD1.5.
std::vector<ExpectedTensor> clip_text_layout(const ClipTextConfig& config);

/// MotionAdapter: "down_blocks.0.motion_modules.0.…", with conv_in unless conv_in_channels is 0. 522 for PIA.
std::vector<ExpectedTensor> motion_layout(const MotionConfig& config);

}  // namespace pia::renderer
