// SPDX-License-Identifier: Apache-2.0
#include "renderer/reference_choices.hpp"

namespace pia::renderer {

ReferenceChoices choices_of(jobs::Reference reference) {
  if (reference == jobs::Reference::official) {
    return {.resnet_norm = NormAxis::whole_clip,
            .motion_norm = NormAxis::each_frame,
            .start_noise = StartNoise::first_draw_again,
            .latent_scale = LatentScale::sd15,
            .frames = ByteRounding::truncate,
            .skipped_layers = SkippedLayers::of_both_prompts};
  }
  return {.resnet_norm = NormAxis::each_frame,
          .motion_norm = NormAxis::whole_clip,
          .start_noise = StartNoise::next_draw,
          .latent_scale = LatentScale::from_config,
          .frames = ByteRounding::nearest_even,
          .skipped_layers = SkippedLayers::of_the_prompt};
}

}  // namespace pia::renderer
