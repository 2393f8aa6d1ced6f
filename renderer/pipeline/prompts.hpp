// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <vector>

#include "renderer/pipeline/encoding_memory.hpp"
#include "renderer/pipeline/resident_model.hpp"
#include "renderer/reference_choices.hpp"

namespace pia::renderer {

/// What a frame reads: keyframe number `from`, on its way to number `to` by `weight` (0..1).
struct TextMix {
  std::size_t from = 0;
  std::size_t to = 0;
  double weight = 0;
  bool operator==(const TextMix&) const = default;
};

/// A prompt over the frames of a clip.
struct TextTrack {
  /// A keyframe's text, [1, tokens, text width], encoded when it is asked for: a long travel has more of them
  /// than should be in memory.
  std::function<at::Tensor(std::size_t)> keyframe;
  std::vector<TextMix> frames;  ///< one a frame; empty: keyframe 0 in all
  jobs::Blending blending = jobs::Blending::slerp;
};

/// A chunk's encoding [1, tokens, width], each token's row times its weight, then all scaled so that the mean
/// is what it was: AUTOMATIC1111's "Original" emphasis (modules/sd_emphasis.py). A mean of nought stays.
at::Tensor emphasised(const at::Tensor& encoding, std::span<const double> weights);

/// Two prompts mixed, at 0 the first. lerp: (1 - w) a + w b. slerp: along the arc between them, taken as one
/// vector each, sin((1 - w) o) / sin(o) a + sin(w o) / sin(o) b with o the angle between; as lerp where its
/// cosine is beyond 0.9995 (animatediff-cli-prompt-travel, sd-webui-animatediff).
at::Tensor blended(const at::Tensor& a, const at::Tensor& b, double weight, jobs::Blending blending);

/// What encoding a shot's prompts needs.
struct PromptReading {
  const ResidentModel& model;
  EncodingMemory& memory;  ///< of that model; chunks are kept before their weights
  SkippedLayers skipped_layers = SkippedLayers::of_both_prompts;
};

/// The negative prompt and the prompt, or the prompt alone without guidance; long ones chunk by chunk, put
/// one after the other. Encodes nothing yet; of what is encoded later, `with.memory` keeps a bounded part.
/// Shot, model and memory must outlive the tracks. The shot must have passed check_shot. Throws
/// jobs::InputError for token ids that the encoder doesn't know.
std::vector<TextTrack> read_prompts(const jobs::Shot& shot, const PromptReading& with);

}  // namespace pia::renderer
