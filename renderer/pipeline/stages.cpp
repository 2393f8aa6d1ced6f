// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/stages.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/round.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "jobs/core/error.hpp"

namespace pia::renderer {

void check_ids(const ResidentModel& model, std::span<const std::int32_t> ids) {
  const std::int64_t known = model.text_encoder.config.vocab_size;
  const auto strange = std::ranges::find_if(ids, [known](std::int32_t id) { return id < 0 || id >= known; });
  if (strange == ids.end()) return;
  throw jobs::InputError("the prompt has token " + std::to_string(*strange) +
                         "; this model's text encoder knows 0 to " + std::to_string(known - 1) +
                         ": it is not one for CLIP's vocabulary");
}

at::Tensor encode_prompt(const ResidentModel& model, std::span<const std::int32_t> ids, int clip_skip) {
  const ClipTextConfig& config = model.text_encoder.config;
  if (ids.empty() || static_cast<std::int64_t>(ids.size()) > config.max_position_embeddings) {
    throw jobs::InputError("the prompt has " + std::to_string(ids.size()) +
                           " tokens; this text encoder takes 1 to " +
                           std::to_string(config.max_position_embeddings));
  }
  check_ids(model, ids);
  const at::Tensor tokens = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
  std::copy(ids.begin(), ids.end(), tokens.mutable_data_ptr<std::int64_t>());
  return forward(model.text_encoder, tokens.to(model.placement.device), clip_skip);
}

at::Tensor encode_image(const ResidentModel& model, const jobs::Image& image) {
  if (image.width < model.vae_config.factor() || image.height < model.vae_config.factor() ||
      image.rgb.size() !=
          std::size_t{3} * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height)) {
    throw jobs::InputError("the input picture is empty or smaller than one latent: " +
                           std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels");
  }
  const at::Tensor bytes = at::empty({1, image.height, image.width, 3}, at::kByte);
  std::memcpy(bytes.data_ptr(), image.rgb.data(), image.rgb.size());
  const at::Tensor pixels = bytes.to(model.placement.device).to(at::kFloat).div(255).mul(2).sub(1);
  return forward(model.vae_encoder, pixels.permute({0, 3, 1, 2}));
}

at::Tensor sample_image(const at::Tensor& moments, NoiseSource& noise, double scale) {
  const std::int64_t channels = moments.size(1) / 2;
  const at::Tensor mean = moments.narrow(1, 0, channels);
  const at::Tensor deviation = at::exp(0.5 * at::clamp(moments.narrow(1, channels, channels), -30.0, 20.0));
  const at::Tensor drawn = noise.picture(moments.size(2), moments.size(3)).to(moments.device());
  return (mean + deviation * drawn) * scale;
}

at::Tensor condition(std::span<const double> affinity, const at::Tensor& image_latent,
                     const LatentShape& shape) {
  const at::Tensor planes = at::tensor(at::ArrayRef<double>(affinity.data(), affinity.size()), at::kDouble)
                                .to(image_latent.device(), at::kFloat)
                                .view({-1, 1, 1, 1})
                                .expand({shape.frames, 1, shape.height, shape.width});
  const at::Tensor image = resize_nearest(image_latent.contiguous(), shape.height, shape.width);
  return at::cat({planes, image.expand({shape.frames, -1, -1, -1})}, 1);
}

at::Tensor denoise(const Denoiser& denoiser, const at::Tensor& latents, double timestep) {
  const at::Tensor& weight = denoiser.unet.conv_in.weight;
  at::Tensor sample = at::cat({latents, denoiser.condition}, 1).to(weight.scalar_type());
  if (denoiser.guided()) sample = at::cat({sample, sample});
  Pass pass = denoiser.pass;
  pass.time = time_of(denoiser.unet, timestep);
  const at::Tensor answer = forward(denoiser.unet, sample, pass, denoiser.text).to(at::kFloat).contiguous();
  if (!denoiser.guided()) return answer;
  const at::Tensor without = answer.narrow(0, 0, latents.size(0));
  const at::Tensor with = answer.narrow(0, latents.size(0), latents.size(0));
  return without + (with - without) * denoiser.guidance_scale;
}

std::optional<at::Tensor> denoise_in_windows(const Denoiser& whole, ClipTexts& texts,
                                             const at::Tensor& latents, const WindowedStep& step) {
  at::Tensor answer = at::zeros_like(latents);
  for (const Window& window : step.windows) {
    const bool is_first = &window == &step.windows.front();
    if (!is_first && step.between() == Directive::stop) return std::nullopt;
    const at::Tensor frames = at::tensor(window.frames, at::kLong).to(latents.device());
    const at::Tensor shares = at::tensor(window.shares, at::kFloat).to(latents.device()).view({-1, 1, 1, 1});
    Denoiser part = whole;
    part.pass.frames = static_cast<std::int64_t>(window.frames.size());
    part.condition = whole.condition.index_select(0, frames);
    part.text = texts.of(window.frames);
    answer.index_add_(0, frames, denoise(part, latents.index_select(0, frames), step.timestep) * shares);
  }
  return answer;
}

jobs::Clip decode(const VaeDecoder& decoder, const at::Tensor& latents, const DecodeChoices& choices) {
  jobs::Clip clip{.frames = static_cast<int>(latents.size(0)), .width = 0, .height = 0, .rgb = {}};
  for (std::int64_t f = 0; f < latents.size(0); ++f) {
    const at::Tensor picture = forward(decoder, latents.narrow(0, f, 1) * (1.0 / choices.scale));
    // A cast to bytes would make pixels of it.
    if (!at::isfinite(picture).all().item<bool>()) {
      throw jobs::Error(jobs::ExitCode::internal, "the VAE makes of frame " + std::to_string(f) +
                                                      " what is no number (NaN); try another model");
    }
    at::Tensor pixels = at::clamp(picture.div(2).add(0.5), 0, 1).mul(255);
    if (choices.rounding == ByteRounding::nearest_even) pixels = at::round(pixels);
    const at::Tensor bytes = pixels.to(at::kByte).permute({0, 2, 3, 1}).contiguous().to(at::kCPU);
    clip.width = static_cast<int>(bytes.size(2));
    clip.height = static_cast<int>(bytes.size(1));
    const auto* first = bytes.const_data_ptr<std::uint8_t>();
    clip.rgb.insert(clip.rgb.end(), first, first + bytes.numel());
  }
  return clip;
}

jobs::Latents to_plain(const at::Tensor& latents) {
  const at::Tensor host = latents.to(at::kCPU).contiguous();
  jobs::Latents plain{.frames = static_cast<int>(host.size(0)),
                      .channels = static_cast<int>(host.size(1)),
                      .height = static_cast<int>(host.size(2)),
                      .width = static_cast<int>(host.size(3)),
                      .values = {}};
  const auto* first = host.const_data_ptr<float>();
  plain.values.assign(first, first + host.numel());
  return plain;
}

at::Tensor to_tensor(const jobs::Latents& latents, at::Device device) {
  at::Tensor host = at::empty({latents.frames, latents.channels, latents.height, latents.width}, at::kFloat);
  PIA_ASSERT(host.nbytes() == latents.values.size() * sizeof(float));
  std::memcpy(host.data_ptr(), latents.values.data(), host.nbytes());
  return host.to(device);
}

}  // namespace pia::renderer
