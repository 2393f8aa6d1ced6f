// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "renderer/nn/attention.hpp"
#include "renderer/nn/resnet.hpp"

namespace pia::renderer {

/// The VAE's middle: a resnet, attention of one head within the picture, a resnet.
struct VaeMiddle {
  Resnet first;
  GroupNorm group_norm;
  SelfAttention attention;
  Resnet last;
};

struct VaeBlock {
  std::vector<Resnet> resnets;
  std::optional<Conv> resample;  ///< "downsamplers.0.conv" or "upsamplers.0.conv"; the last block has none
};

struct VaeEncoder {
  Conv conv_in;
  std::vector<VaeBlock> down_blocks;
  VaeMiddle mid_block;
  GroupNorm conv_norm_out;
  Conv conv_out;
  Linear quant_conv;  ///< 1x1
};

struct VaeDecoder {
  Linear post_quant_conv;  ///< 1x1
  Conv conv_in;
  VaeMiddle mid_block;
  std::vector<VaeBlock> up_blocks;
  GroupNorm conv_norm_out;
  Conv conv_out;
};

VaeEncoder load_vae_encoder(const WeightTree& weights, const VaeConfig& config);
VaeDecoder load_vae_decoder(const WeightTree& weights, const VaeConfig& config);

/// [n, 3, H, W] in -1..1 -> [n, 2 * latent channels, H / factor, W / factor]: mean, then log of the variance.
at::Tensor forward(const VaeEncoder& net, const at::Tensor& picture);

/// [n, latent channels, h, w], not scaled -> [n, 3, h * factor, w * factor], about -1..1.
at::Tensor forward(const VaeDecoder& net, const at::Tensor& latents);

}  // namespace pia::renderer
