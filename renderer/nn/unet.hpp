// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "renderer/nn/motion_module.hpp"
#include "renderer/nn/resnet.hpp"
#include "renderer/nn/spatial_transformer.hpp"
#include "renderer/nn/timestep_embedding.hpp"

namespace pia::renderer {

/// resnets.j, attentions.j (if the block has them), motion_modules.j: they run in this order.
struct UnetLayer {
  Resnet resnet;
  std::optional<SpatialTransformer> attention;
  std::optional<MotionModule> motion_module;
};

struct DownBlock {
  std::vector<UnetLayer> layers;
  std::optional<Conv> downsampler;
};

/// resnets.0, attentions.0, motion_modules.0 (if there), resnets.1.
struct MidBlock {
  UnetLayer layer;
  Resnet last;
};

struct UpBlock {
  std::vector<UnetLayer> layers;
  std::optional<Conv> upsampler;
};

/// The U-Net with PIA's motion modules and its nine-channel conv_in.
struct Unet {
  Conv conv_in;
  TimestepEmbedding time_embedding;
  std::vector<DownBlock> down_blocks;
  std::optional<MidBlock> mid_block;
  std::vector<UpBlock> up_blocks;
  GroupNorm conv_norm_out;
  Conv conv_out;
};

/// conv_in is made of the U-Net's (channels 0..3, bias) and the motion file's (affinity, picture).
Unet load_unet(const ModelWeights& weights, const Placement& placement);

/// Where a U-Net's tensors are, for load_unet.
struct UnetParts {
  const UnetConfig& config;
  const MotionConfig* motion_config;  ///< nullptr: without motion modules, and conv_in is the U-Net's own
  WeightTree spatial;
  std::optional<WeightTree> motion;
};
Unet load_unet(const UnetParts& parts);

/// Texts as every CrossAttention of a network sees them, in the order of execution.
using TextContext = std::vector<TextKeys>;

/// text: [texts, tokens, text width]; who reads which as in TextKeys.
TextContext text_context(const Unet& net, const at::Tensor& text, const std::vector<TextRun>& runs = {});

/// What a pass through the network needs besides its input.
struct Pass {
  std::int64_t frames = 1;                      ///< folded into the batch
  NormAxis resnet_norm = NormAxis::whole_clip;  ///< resnets and conv_norm_out
  NormAxis motion_norm = NormAxis::each_frame;
  at::Tensor time;  ///< SiLU(time embedding), [1 or batch, time width]
};

/// A block takes its texts from `text` in order and advances it.
using TextCursor = TextContext::const_iterator;

/// x: [batch * frames, C, h, w]. Appends what the up blocks will need to `skips`.
at::Tensor forward(const DownBlock& block, at::Tensor x, const Pass& pass, TextCursor& text,
                   std::vector<at::Tensor>& skips);
at::Tensor forward(const MidBlock& block, at::Tensor x, const Pass& pass, TextCursor& text);

/// Takes its skips from the end of `skips`, then upsamples to the size of the next one left there, or
/// doubles if none is left.
at::Tensor forward(const UpBlock& block, at::Tensor x, const Pass& pass, TextCursor& text,
                   std::vector<at::Tensor>& skips);

/// SiLU of the time embedding of one timestep, [1, time width]: what Pass::time takes.
at::Tensor time_of(const Unet& net, double timestep);

/// The same of several, fp32 [n] -> [n, time width].
at::Tensor times_of(const Unet& net, const at::Tensor& timesteps);

/// sample: [batch * frames, 9, h, w]: noisy latents 4, affinity 1, picture 4 (or the latents alone, where
/// conv_in is the U-Net's own) -> the noise, [batch * frames, 4, h, w].
at::Tensor forward(const Unet& net, const at::Tensor& sample, const Pass& pass, const TextContext& text);

}  // namespace pia::renderer
