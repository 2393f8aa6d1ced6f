// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/words.hpp"

namespace pia::renderer {

/// Over what a group norm takes its mean and variance in a clip.
enum class NormAxis {
  each_frame,  ///< (C / groups, h, w), a frame by itself
  whole_clip,  ///< (C / groups, frames, h, w), all frames together
};

/// Where the noise comes from that is mixed with the picture when strength < 1.
enum class StartNoise {
  first_draw_again,  ///< a fresh stream with the same seed: it repeats the initial noise
  next_draw,         ///< the shot's generator, after the VAE's posterior
};

/// The factor between the VAE's latents and the U-Net's.
enum class LatentScale {
  sd15,         ///< 0.18215, whatever the VAE's config says
  from_config,  ///< the config's scaling_factor
};

/// How a frame's value in 0..255 becomes a byte.
enum class ByteRounding { truncate, nearest_even };

/// Whose last layers a shot's clip_skip leaves out. (The official code has no clip_skip: there it is as in
/// AUTOMATIC1111.)
enum class SkippedLayers { of_both_prompts, of_the_prompt };

/// Every difference between the two references that concerns the renderer; nothing else looks at
/// jobs::Reference here. (Affinity tables and their style rows are resolved by dsl/, the resizing of pictures
/// by farm/media; both take the same betas, timestep spacing, last alpha and initial sigma, 1.) MODEL.md has
/// the evidence.
struct ReferenceChoices {
  NormAxis resnet_norm = NormAxis::whole_clip;  ///< the U-Net's resnets and its output norm
  NormAxis motion_norm = NormAxis::each_frame;  ///< the motion modules' norm
  StartNoise start_noise = StartNoise::first_draw_again;
  LatentScale latent_scale = LatentScale::sd15;
  ByteRounding frames = ByteRounding::truncate;
  SkippedLayers skipped_layers = SkippedLayers::of_both_prompts;
  bool operator==(const ReferenceChoices&) const = default;
};

ReferenceChoices choices_of(jobs::Reference reference);

}  // namespace pia::renderer
