// SPDX-License-Identifier: Apache-2.0
#include <ATen/TensorOperators.h>

#include <cmath>

#include "jobs/core/error.hpp"
#include "renderer/training/fresh.hpp"

namespace pia::renderer {
namespace {

constexpr std::int64_t kColours = 3;

// One layer's weight and bias.
struct Layer {
  at::Tensor weight;
  at::Tensor bias;

  void silence(std::int64_t out) const {
    weight.select(0, out).zero_();
    bias.select(0, out).zero_();
  }
  // The middle tap of a convolution, or the entry of a matrix.
  at::Tensor tap(std::int64_t out, std::int64_t in) const {
    const at::Tensor entry = weight[out][in];
    return entry.dim() == 0 ? entry : entry[entry.size(0) / 2][entry.size(1) / 2];
  }
};

// One network's layers by name, and where its channels' carriers are.
struct Surgery {
  LiveTensors& tensors;
  std::int64_t groups;
  double carrier = 3;
  double mean_square = 0.3;  ///< of what is carried

  Layer layer(const std::string& stem) const {
    return {.weight = tensors.at(stem + ".weight"), .bias = tensors.at(stem + ".bias")};
  }
  void silence(const std::string& stem) const {
    layer(stem).weight.zero_();
    layer(stem).bias.zero_();
  }
  std::int64_t width(std::int64_t channels) const { return channels / groups; }

  // Carriers (x, -x, 3, -3) for `count` inputs; their groups hold nothing else.
  void carry_in(const std::string& stem, std::int64_t count) const {
    const Layer conv = layer(stem);
    const std::int64_t step = width(conv.weight.size(0));
    for (std::int64_t c = 0; c < count; ++c) {
      for (std::int64_t k = 0; k < step; ++k) conv.silence(c * step + k);
      conv.tap(c * step, c).fill_(1);
      conv.tap(c * step + 1, c).fill_(-1);
      conv.bias[c * step + 2].fill_(carrier);
      conv.bias[c * step + 3].fill_(-carrier);
    }
  }
  // The same carriers before and after a change of channels.
  void carry_over(const std::string& stem, std::int64_t count) const {
    const Layer conv = layer(stem);
    const std::int64_t to = width(conv.weight.size(0));
    const std::int64_t from = width(conv.weight.size(1));
    for (std::int64_t c = 0; c < count; ++c) {
      for (std::int64_t k = 0; k < to; ++k) conv.silence(c * to + k);
      for (std::int64_t k = 0; k < 4; ++k) conv.tap(c * to + k, c * from + k).fill_(1);
    }
  }
  // Carriers come from a skip's first channels, which lie behind the block's own; the constants anew.
  void carry_skip(const std::string& stem, std::int64_t count) const {
    const Layer conv = layer(stem);
    const std::int64_t channels = conv.weight.size(0);
    const std::int64_t skip = conv.weight.size(1) - channels;
    for (std::int64_t c = 0; c < count; ++c) {
      const std::int64_t first = c * width(channels);
      for (std::int64_t k = 0; k < width(channels); ++k) conv.silence(first + k);
      conv.tap(first, skip + first).fill_(1);
      conv.tap(first + 1, skip + first + 1).fill_(1);
      conv.bias[first + 2].fill_(carrier);
      conv.bias[first + 3].fill_(-carrier);
    }
  }
  // Every channel by itself, as the mean of 2 x 2 pixels or as it is.
  void resample(const std::string& stem, std::int64_t side) const {
    const Layer conv = layer(stem);
    silence(stem);
    for (std::int64_t c = 0; c < conv.weight.size(0); ++c) {
      if (side == 1) {
        conv.tap(c, c).fill_(1);
      } else {
        conv.weight[c][c].narrow(0, 0, 2).narrow(1, 0, 2).fill_(0.25);
      }
    }
  }
  // silu(x) - silu(-x) = x, of carriers that a norm has divided by about their deviation.
  void carry_out(const std::string& norm, const std::string& stem, std::int64_t count) const {
    const Layer conv = layer(stem);
    const std::int64_t step = width(conv.weight.size(1));
    const double deviation = std::sqrt((2 * carrier * carrier + 2 * mean_square) / static_cast<double>(step));
    for (std::int64_t c = 0; c < count; ++c) {
      layer(norm).weight.narrow(0, c * step, 2).fill_(deviation);
      conv.silence(c);
      conv.tap(c, c * step).fill_(1);
      conv.tap(c, c * step + 1).fill_(-1);
    }
  }
  void quiet_resnet(const std::string& stem, std::int64_t carried) const {
    silence(stem + ".conv2");
    if (tensors.contains(stem + ".conv_shortcut.weight")) carry_over(stem + ".conv_shortcut", carried);
  }
  void quiet_middle(const std::string& stem) const {
    silence(stem + ".resnets.0.conv2");
    silence(stem + ".attentions.0.to_out.0");
    silence(stem + ".resnets.1.conv2");
  }
  void identity(const std::string& stem, std::int64_t count) const {
    silence(stem);
    for (std::int64_t c = 0; c < count; ++c) layer(stem).tap(c, c).fill_(1);
  }
};

std::string block(const std::string& stem, std::size_t index) {
  return stem + "." + std::to_string(index);
}

void check_groups(std::int64_t channels, std::int64_t groups, std::int64_t carried) {
  if (channels / groups >= 4 && groups >= carried) return;
  throw jobs::WeightError("a network with " + std::to_string(channels) + " channels in " +
                          std::to_string(groups) + " groups can't start by passing through; take groups of " +
                          "at least 4, and at least " + std::to_string(carried) +
                          " of them, or start = \"random\"");
}

}  // namespace

void pass_through(LiveTensors& vae, const VaeConfig& config) {
  for (const std::int64_t channels : config.block_out_channels) {
    check_groups(channels, config.norm_num_groups, config.latent_channels);
  }
  const Surgery surgery{.tensors = vae, .groups = config.norm_num_groups};
  const std::int64_t latents = config.latent_channels;
  surgery.carry_in("encoder.conv_in", kColours);
  surgery.carry_in("decoder.conv_in", latents);
  const auto layers = static_cast<std::size_t>(config.layers_per_block);
  for (std::size_t i = 0; i < config.levels(); ++i) {
    const std::string down = block("encoder.down_blocks", i);
    const std::string up = block("decoder.up_blocks", i);
    for (std::size_t j = 0; j < layers; ++j) surgery.quiet_resnet(block(down + ".resnets", j), kColours);
    for (std::size_t j = 0; j <= layers; ++j) surgery.quiet_resnet(block(up + ".resnets", j), latents);
    if (i + 1 == config.levels()) continue;
    surgery.resample(down + ".downsamplers.0.conv", 2);
    surgery.resample(up + ".upsamplers.0.conv", 1);
  }
  surgery.quiet_middle("encoder.mid_block");
  surgery.quiet_middle("decoder.mid_block");
  surgery.carry_out("encoder.conv_norm_out", "encoder.conv_out", kColours);
  surgery.carry_out("decoder.conv_norm_out", "decoder.conv_out", kColours);
  surgery.identity("quant_conv", 2 * latents);
  surgery.identity("post_quant_conv", latents);
}

void pass_through(LiveTensors& unet, const UnetConfig& config) {
  const std::int64_t latents = config.in_channels;
  check_groups(config.block_out_channels.front(), config.norm_num_groups, latents);
  const Surgery surgery{.tensors = unet, .groups = config.norm_num_groups, .carrier = 4, .mean_square = 1};
  const std::size_t last = config.levels() - 1;
  const std::string up = block("up_blocks", last);
  const auto index = static_cast<std::size_t>(config.layers_per_block.front());
  const std::string resnet = block(up + ".resnets", index);
  const Layer out = surgery.layer("conv_out");
  out.weight.mul_(0.03);
  out.bias.zero_();
  surgery.carry_in("conv_in", latents);
  surgery.carry_skip(resnet + ".conv_shortcut", latents);
  surgery.carry_out("conv_norm_out", "conv_out", latents);
  const std::int64_t carried = latents * surgery.width(config.block_out_channels.front());
  for (std::int64_t k = 0; k < carried; ++k) surgery.layer(resnet + ".conv2").silence(k);
  if (config.up_attention[last]) surgery.silence(block(up + ".attentions", index) + ".proj_out");
}

}  // namespace pia::renderer
