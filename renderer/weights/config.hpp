// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pia::renderer {

// Sizes of the networks, as diffusers' config.json has them; absent keys have the defaults of the classes of
// diffusers 0.33.1 and transformers 4. All counts are checked to be positive and of a sane size, lists to be
// of one length, channels to be multiples of their norm groups and heads: a config that was read can be
// built.

/// UNet2DConditionModel. One entry a level, the highest resolution first, in every list but `up_attention`.
struct UnetConfig {
  std::int64_t in_channels = 4;   ///< always: noise is drawn for so many
  std::int64_t out_channels = 4;  ///< always
  std::int64_t sample_size = 0;   ///< latents a side that it was trained at; 0 if the config is silent
  std::vector<std::int64_t> block_out_channels = {320, 640, 1280, 1280};
  std::vector<std::int64_t> layers_per_block = {2, 2, 2,
                                                2};  ///< resnets of a down block; an up block has one more
  std::vector<bool> down_attention = {true, true, true, false};  ///< CrossAttnDownBlock2D (else DownBlock2D)
  std::vector<bool> up_attention = {false, true, true,
                                    true};  ///< in order of execution; need not mirror down's
  std::vector<std::int64_t> heads = {8, 8, 8,
                                     8};  ///< attention heads; the config calls them attention_head_dim
  std::int64_t cross_attention_dim = 1280;
  std::int64_t norm_num_groups = 32;
  double norm_eps = 1e-5;  ///< of resnet norms and the output norm; the spatial transformers' norm has 1e-6
  bool mid_block = true;   ///< UNetMidBlock2DCrossAttn, else none

  std::size_t levels() const { return block_out_channels.size(); }
  bool operator==(const UnetConfig&) const = default;
};

/// Stable Diffusion 1.5's factor from the VAE's latents to the U-Net's.
inline constexpr double kSd15LatentScale = 0.18215;

/// AutoencoderKL.
struct VaeConfig {
  std::int64_t in_channels = 3;
  std::int64_t out_channels = 3;
  std::int64_t latent_channels = 4;  ///< always, as the U-Net's
  std::vector<std::int64_t> block_out_channels = {64};
  std::int64_t layers_per_block = 1;  ///< resnets of a down block; an up block has one more
  std::int64_t norm_num_groups = 32;  ///< all norms have eps 1e-6
  double scaling_factor = kSd15LatentScale;

  std::size_t levels() const { return block_out_channels.size(); }
  /// Pixels a latent, each way: 2^(levels - 1).
  int factor() const { return 1 << (levels() - 1); }
  bool operator==(const VaeConfig&) const = default;
};

enum class ClipActivation { quick_gelu, gelu };

/// CLIPTextModel.
struct ClipTextConfig {
  std::int64_t vocab_size = 49408;
  std::int64_t hidden_size = 512;
  std::int64_t intermediate_size = 2048;
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 8;
  std::int64_t max_position_embeddings = 77;
  double layer_norm_eps = 1e-5;
  ClipActivation hidden_act = ClipActivation::quick_gelu;
  bool operator==(const ClipTextConfig&) const = default;
};

/// MotionAdapter with PIA's conv_in. One entry a level, the highest resolution first.
struct MotionConfig {
  std::vector<std::int64_t> block_out_channels = {320, 640, 1280, 1280};
  std::vector<std::int64_t> layers_per_block = {2, 2, 2,
                                                2};  ///< motion modules of a down block; up: one more
  std::vector<std::int64_t> heads = {8, 8, 8, 8};
  std::int64_t norm_num_groups = 32;  ///< eps 1e-6; open_model demands the U-Net's (diffusers uses that one)
  std::int64_t max_seq_length = 32;   ///< frames, at most
  bool use_motion_mid_block = true;
  std::int64_t conv_in_channels = 0;  ///< 9 for PIA; 0: it has none (plain AnimateDiff)

  std::size_t levels() const { return block_out_channels.size(); }
  bool operator==(const MotionConfig&) const = default;
};

// Each reads one config.json from its text; `file` stands for it in sentences. What the renderer does not do
// (use_linear_projection, upcast_attention, class embeddings, ...) is refused by name, never ignored. Throws
// jobs::WeightError.
UnetConfig parse_unet_config(std::string_view json, const std::string& file);
VaeConfig parse_vae_config(std::string_view json, const std::string& file);
ClipTextConfig parse_clip_text_config(std::string_view json, const std::string& file);
MotionConfig parse_motion_config(std::string_view json, const std::string& file);

}  // namespace pia::renderer
