// SPDX-License-Identifier: Apache-2.0
#include <ATen/TensorOperators.h>

#include "jobs/core/error.hpp"
#include "renderer/training/fresh.hpp"
#include "renderer/training/surgery.hpp"

namespace pia::renderer {
namespace {

constexpr double kPictureSquare = 9;  // mean square of the condition's latent: whitened ones have 3
constexpr double kSubtracted = 0.05;  // alpha / sigma at 961, where sampling begins

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

void pass_encoder(const Surgery& surgery, const VaeConfig& config) {
  const std::size_t last = config.levels() - 1;
  const std::int64_t carried = config.latent_channels > kDifference && last > 0 ? kColours + 1 : kColours;
  surgery.carry_in("encoder.conv_in", kColours);
  for (std::size_t i = 0; i <= last; ++i) {
    const std::string down = block("encoder.down_blocks", i);
    const std::int64_t count = i == last ? carried : kColours;
    for (std::int64_t j = 0; j < config.layers_per_block; ++j) {
      surgery.quiet_resnet(down + ".resnets." + std::to_string(j), count);
    }
    if (i == last) continue;
    surgery.resample(down + ".downsamplers.0.conv", 2);
    if (i + 1 == last && carried > kColours) surgery.carry_difference(down + ".downsamplers.0.conv");
  }
  surgery.quiet_middle("encoder.mid_block");
  surgery.silence_first("encoder.conv_out", carried);
  surgery.carry_out("encoder.conv_norm_out", "encoder.conv_out", carried);
}

void pass_decoder(const Surgery& surgery, const VaeConfig& config) {
  surgery.carry_in("decoder.conv_in", config.latent_channels);
  for (std::size_t i = 0; i < config.levels(); ++i) {
    const std::string up = block("decoder.up_blocks", i);
    for (std::int64_t j = 0; j <= config.layers_per_block; ++j) {
      surgery.quiet_resnet(up + ".resnets." + std::to_string(j), config.latent_channels);
    }
    if (i + 1 < config.levels()) surgery.resample(up + ".upsamplers.0.conv", 1);
  }
  surgery.quiet_middle("decoder.mid_block");
  surgery.silence_first("decoder.conv_out", kColours);
  surgery.carry_out("decoder.conv_norm_out", "decoder.conv_out", kColours);
}

Surgery unet_surgery(LiveTensors& unet, const UnetConfig& config, double mean_square) {
  return {.tensors = unet, .groups = config.norm_num_groups, .carrier = 32, .mean_square = mean_square};
}

// A part of the last block's last layer.
std::string last_layer(const UnetConfig& config, const std::string& part) {
  return block(block("up_blocks", config.levels() - 1) + "." + part,
               static_cast<std::size_t>(config.layers_per_block.front()));
}

}  // namespace

void pass_through(LiveTensors& vae, const VaeConfig& config) {
  for (const std::int64_t channels : config.block_out_channels) {
    check_groups(channels, config.norm_num_groups, config.latent_channels);
  }
  const std::int64_t latents = config.latent_channels;
  const Surgery encoder{.tensors = vae, .groups = config.norm_num_groups, .carrier = 8};
  const Surgery decoder{.tensors = vae, .groups = config.norm_num_groups, .carrier = 3};
  pass_encoder(encoder, config);
  pass_decoder(decoder, config);
  encoder.identity("quant_conv", 2 * latents);
  decoder.identity("post_quant_conv", latents);
}

void pass_through(LiveTensors& unet, const UnetConfig& config) {
  const std::int64_t latents = config.in_channels;
  check_groups(config.block_out_channels.front(), config.norm_num_groups, latents);
  const Surgery surgery = unet_surgery(unet, config, 1);
  const std::int64_t carried = latents * surgery.width(config.block_out_channels.front());
  const std::string resnet = last_layer(config, "resnets");
  const Layer out = surgery.layer("conv_out");
  out.weight.mul_(0.03).narrow(1, 0, carried).zero_();
  out.bias.zero_();
  // The constants come in behind the network: beside them it would hardly see what is carried.
  surgery.signs_in("conv_in", latents);
  surgery.carry_skip(resnet + ".conv_shortcut", latents);
  surgery.carry_out("conv_norm_out", "conv_out", latents);
  surgery.silence_first(resnet + ".conv2", carried);
  if (config.up_attention.back()) surgery.silence(last_layer(config, "attentions") + ".proj_out");
}

void pass_condition(LiveTensors& unet, LiveTensors& motion, const UnetConfig& config) {
  const std::int64_t latents = config.in_channels;
  const Surgery surgery = unet_surgery(unet, config, 1 + kPictureSquare);
  const std::int64_t step = surgery.width(config.block_out_channels.front());
  if (step < 6) return;
  const Layer pia{.weight = motion.at("conv_in.weight"), .bias = {}};
  const Layer shortcut = surgery.layer(last_layer(config, "resnets") + ".conv_shortcut");
  const Layer out = surgery.layer("conv_out");
  const std::int64_t skip = shortcut.weight.size(1) - shortcut.weight.size(0);
  for (std::int64_t c = 0; c < latents; ++c) {
    for (const std::int64_t first : {c * step, c * step + 4}) pia.weight.narrow(0, first, 2).zero_();
    for (std::int64_t sign = 0; sign < 2; ++sign) {
      const std::int64_t channel = c * step + 4 + sign;
      surgery.layer("conv_in").silence(channel);
      pia.tap(channel, latents + 1 + c).fill_(sign == 0 ? 1 : -1);
      shortcut.tap(channel, skip + channel).fill_(1);
      out.tap(c, channel).fill_(sign == 0 ? -kSubtracted : kSubtracted);
    }
    for (const std::int64_t first : {c * step, c * step + 4}) {
      surgery.layer("conv_norm_out").weight.narrow(0, first, 2).fill_(surgery.deviation(step));
    }
  }
}

}  // namespace pia::renderer
