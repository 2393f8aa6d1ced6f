// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/cat.h>

#include <optional>
#include <string>

#include "jobs/core/error.hpp"
#include "renderer/nn/unet.hpp"

namespace pia::renderer {
namespace {

// Where a block's weights are, and the sizes of its level.
struct Level {
  WeightTree spatial;
  std::optional<WeightTree> motion;
  std::int64_t groups;
  double eps;
  std::int64_t heads;
  MotionSizes motion_sizes;
};

class UnetLoader {
 public:
  explicit UnetLoader(const UnetParts& parts) : parts_(parts) {}

  Unet load() const;

 private:
  Level level(std::string_view block, std::size_t sizes) const {
    Level level{.spatial = parts_.spatial / block,
                .motion = std::nullopt,
                .groups = parts_.config.norm_num_groups,
                .eps = parts_.config.norm_eps,
                .heads = parts_.config.heads[sizes],
                .motion_sizes = {}};
    if (!parts_.motion) return level;
    level.motion = *parts_.motion / block;
    level.motion_sizes = {.heads = parts_.motion_config->heads[sizes],
                          .groups = parts_.motion_config->norm_num_groups,
                          .max_frames = parts_.motion_config->max_seq_length};
    return level;
  }
  Conv conv_in() const;

  const UnetParts& parts_;
};

UnetLayer load_layer(const Level& level, const std::string& index) {
  const WeightTree attention = level.spatial / "attentions" / index;
  UnetLayer layer{.resnet = load_resnet(level.spatial / "resnets" / index, level.groups, level.eps),
                  .attention = std::nullopt,
                  .motion_module = std::nullopt};
  if (attention.has("norm.weight")) {
    layer.attention = load_spatial_transformer(attention, {.heads = level.heads, .groups = level.groups});
  }
  if (!level.motion) return layer;
  const WeightTree motion = *level.motion / "motion_modules" / index;
  if (motion.has("norm.weight")) layer.motion_module = load_motion_module(motion, level.motion_sizes);
  return layer;
}

std::vector<UnetLayer> load_layers(const Level& level) {
  std::vector<UnetLayer> layers;
  while (level.spatial.has("resnets." + std::to_string(layers.size()) + ".conv1.weight")) {
    layers.push_back(load_layer(level, std::to_string(layers.size())));
  }
  return layers;
}

std::optional<Conv> load_resampler(const WeightTree& weights, std::int64_t step) {
  if (!weights.has("weight")) return std::nullopt;
  return load_conv(weights, {.step = step, .padding = 1});
}

Conv UnetLoader::conv_in() const {
  const WeightTree place = parts_.spatial / "conv_in";
  const at::Tensor own = place["weight"];
  if (!parts_.motion) return make_conv(own, place["bias"]);
  const at::Tensor pia = (*parts_.motion)["conv_in.weight"];
  const std::int64_t first = own.size(1);
  return make_conv(at::cat({own, pia.narrow(1, first, pia.size(1) - first)}, 1), place["bias"]);
}

Unet UnetLoader::load() const {
  Unet net{.conv_in = conv_in(),
           .time_embedding = load_timestep_embedding(parts_.spatial / "time_embedding"),
           .down_blocks = {},
           .mid_block = std::nullopt,
           .up_blocks = {},
           .conv_norm_out = load_group_norm(parts_.spatial / "conv_norm_out", parts_.config.norm_num_groups,
                                            parts_.config.norm_eps),
           .conv_out = load_conv(parts_.spatial / "conv_out")};
  const std::size_t levels = parts_.config.levels();
  for (std::size_t i = 0; i < levels; ++i) {
    const Level place = level("down_blocks." + std::to_string(i), i);
    net.down_blocks.push_back({.layers = load_layers(place),
                               .downsampler = load_resampler(place.spatial / "downsamplers.0.conv", 2)});
  }
  if (parts_.config.mid_block) {
    const Level place = level("mid_block", levels - 1);
    net.mid_block = MidBlock{.layer = load_layer(place, "0"),
                             .last = load_resnet(place.spatial / "resnets.1", place.groups, place.eps)};
  }
  for (std::size_t i = 0; i < levels; ++i) {
    const Level place = level("up_blocks." + std::to_string(i), levels - 1 - i);
    net.up_blocks.push_back(
        {.layers = load_layers(place), .upsampler = load_resampler(place.spatial / "upsamplers.0.conv", 1)});
  }
  return net;
}

}  // namespace

Unet load_unet(const ModelWeights& weights, const Placement& placement) {
  PIA_ASSERT(weights.motion_config.conv_in_channels == 2 * weights.unet_config.in_channels + 1);
  return load_unet({.config = weights.unet_config,
                    .motion_config = &weights.motion_config,
                    .spatial = WeightTree(weights.unet, weights.unet_loras, placement),
                    .motion = WeightTree(weights.motion, placement)});
}

Unet load_unet(const UnetParts& parts) {
  return UnetLoader(parts).load();
}

}  // namespace pia::renderer
