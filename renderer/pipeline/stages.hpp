// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "jobs/core/checkpoint.hpp"
#include "jobs/core/picture.hpp"
#include "renderer/pipeline/clip_texts.hpp"
#include "renderer/pipeline/noise.hpp"
#include "renderer/pipeline/resident_model.hpp"
#include "renderer/renderer.hpp"
#include "renderer/samplers/ddim.hpp"
#include "renderer/weights/config.hpp"
#include "renderer/windows.hpp"

namespace pia::renderer {

// The five stages of a shot. Latents between them are fp32 [frames, 4, h, w] on the model's device.

/// Throws jobs::InputError for ids that the model's text encoder doesn't know.
void check_ids(const ResidentModel& model, std::span<const std::int32_t> ids);

/// Token ids of one chunk -> [1, tokens, text width]; `clip_skip` as in clip_text.hpp. Throws
/// jobs::InputError for ids that the encoder doesn't know.
at::Tensor encode_prompt(const ResidentModel& model, std::span<const std::int32_t> ids, int clip_skip = 1);

/// A picture -> mean and logarithm of the variance of the VAE's posterior [1, 8, h, w].
at::Tensor encode_image(const ResidentModel& model, const jobs::Image& image);

/// A sample of that posterior [1, 4, h, w], scaled for the U-Net. Draws from `noise`.
at::Tensor sample_image(const at::Tensor& moments, NoiseSource& noise, double scale);

/// The five condition channels [frames, 5, h, w]: the affinity as a constant plane a frame, then the image's
/// latent in every frame, brought to `shape` by nearest-neighbour.
at::Tensor condition(std::span<const double> affinity, const at::Tensor& image_latent,
                     const LatentShape& shape);

/// What stays the same over the steps of a shot.
struct Denoiser {
  const Unet& unet;
  Pass pass;             ///< frames and norm axes; `time` is set by each step
  at::Tensor condition;  ///< [frames, 5, h, w]
  TextContext text;      ///< of the frames' negative, then their positive prompts; unguided: of the latter
  double guidance_scale = 7.5;  ///< none at <= 1
  bool guided() const { return guidance_scale > 1; }
};

/// The network's answer (the noise it sees) for `latents` at a timestep, guided: u + g (c - u).
at::Tensor denoise(const Denoiser& denoiser, const at::Tensor& latents, double timestep);

struct WindowedStep {
  double timestep = 0;
  std::vector<Window> windows;
  std::function<Directive()> between = [] { return Directive::go_on; };
};

/// The same for a clip in windows, each by itself with its frames' latents, condition and texts; where
/// windows overlap, their answers are mixed by their shares. `whole` is of all frames, but for its `text`.
/// Nothing if `step.between`, asked between two windows, wants to stop.
std::optional<at::Tensor> denoise_in_windows(const Denoiser& whole, ClipTexts& texts,
                                             const at::Tensor& latents, const WindowedStep& step);

struct DecodeChoices {
  double scale = kSd15LatentScale;
  ByteRounding rounding;
};

/// Latents -> pixels, one frame at a time. Throws jobs::Error for a picture that holds no numbers.
jobs::Clip decode(const VaeDecoder& decoder, const at::Tensor& latents, const DecodeChoices& choices);

jobs::Latents to_plain(const at::Tensor& latents);
at::Tensor to_tensor(const jobs::Latents& latents, at::Device device);

}  // namespace pia::renderer
