// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/vae.hpp"

#include <ATen/ops/constant_pad_nd.h>

#include <string>

namespace pia::renderer {
namespace {

constexpr double kEps = 1e-6;

VaeMiddle load_middle(const WeightTree& weights, std::int64_t groups) {
  const WeightTree attention = weights / "attentions.0";
  return {.first = load_resnet(weights / "resnets.0", groups, kEps),
          .group_norm = load_group_norm(attention / "group_norm", groups, kEps),
          .attention = load_self_attention(attention, 1),
          .last = load_resnet(weights / "resnets.1", groups, kEps)};
}

struct BlockPlace {
  std::size_t resnets;
  const char* resample;
  std::int64_t groups;
  Stride stride;
};

VaeBlock load_block(const WeightTree& weights, const BlockPlace& place) {
  VaeBlock block;
  for (std::size_t i = 0; i < place.resnets; ++i) {
    block.resnets.push_back(load_resnet(weights / "resnets" / std::to_string(i), place.groups, kEps));
  }
  const WeightTree resample = weights / place.resample / "0.conv";
  if (resample.has("weight")) block.resample = load_conv(resample, place.stride);
  return block;
}

at::Tensor forward(const VaeMiddle& block, const at::Tensor& x) {
  at::Tensor y = forward(block.first, x, {}, 1);
  const at::Tensor tokens = tokens_of(forward(block.group_norm, y, 1, After::nothing));
  y = added(picture_of(forward(block.attention, tokens), y.size(2), y.size(3)), y);
  return forward(block.last, y, {}, 1);
}

}  // namespace

VaeEncoder load_vae_encoder(const WeightTree& root, const VaeConfig& config) {
  const WeightTree weights = root / "encoder";
  const std::int64_t groups = config.norm_num_groups;
  VaeEncoder net{.conv_in = load_conv(weights / "conv_in"),
                 .down_blocks = {},
                 .mid_block = load_middle(weights / "mid_block", groups),
                 .conv_norm_out = load_group_norm(weights / "conv_norm_out", groups, kEps),
                 .conv_out = load_conv(weights / "conv_out"),
                 .quant_conv = load_pointwise(root / "quant_conv")};
  const BlockPlace place{
      static_cast<std::size_t>(config.layers_per_block), "downsamplers", groups, {.step = 2, .padding = 0}};
  for (std::size_t i = 0; i < config.levels(); ++i) {
    net.down_blocks.push_back(load_block(weights / "down_blocks" / std::to_string(i), place));
  }
  return net;
}

VaeDecoder load_vae_decoder(const WeightTree& root, const VaeConfig& config) {
  const WeightTree weights = root / "decoder";
  const std::int64_t groups = config.norm_num_groups;
  VaeDecoder net{.post_quant_conv = load_pointwise(root / "post_quant_conv"),
                 .conv_in = load_conv(weights / "conv_in"),
                 .mid_block = load_middle(weights / "mid_block", groups),
                 .up_blocks = {},
                 .conv_norm_out = load_group_norm(weights / "conv_norm_out", groups, kEps),
                 .conv_out = load_conv(weights / "conv_out")};
  const BlockPlace place{static_cast<std::size_t>(config.layers_per_block) + 1, "upsamplers", groups, {}};
  for (std::size_t i = 0; i < config.levels(); ++i) {
    net.up_blocks.push_back(load_block(weights / "up_blocks" / std::to_string(i), place));
  }
  return net;
}

at::Tensor forward(const VaeEncoder& net, const at::Tensor& picture) {
  at::Tensor x = forward(net.conv_in, channels_last(picture));
  for (const VaeBlock& block : net.down_blocks) {
    for (const Resnet& resnet : block.resnets) x = forward(resnet, x, {}, 1);
    // The VAE pads at the right and below only; the U-Net all around.
    if (block.resample) {
      x = forward(*block.resample, channels_last(at::constant_pad_nd(x, {0, 1, 0, 1})));
    }
  }
  x = forward(net.mid_block, x);
  x = forward(net.conv_out, forward(net.conv_norm_out, x, 1, After::silu));
  return picture_of(forward(net.quant_conv, tokens_of(x)), x.size(2), x.size(3));
}

at::Tensor forward(const VaeDecoder& net, const at::Tensor& latents) {
  const at::Tensor z = forward(net.post_quant_conv, tokens_of(latents));
  at::Tensor x = forward(net.conv_in, picture_of(z, latents.size(2), latents.size(3)));
  x = forward(net.mid_block, x);
  for (const VaeBlock& block : net.up_blocks) {
    for (const Resnet& resnet : block.resnets) x = forward(resnet, x, {}, 1);
    if (block.resample) x = forward(*block.resample, resize_nearest(x, 2 * x.size(2), 2 * x.size(3)));
  }
  return forward(net.conv_out, forward(net.conv_norm_out, x, 1, After::silu));
}

}  // namespace pia::renderer
