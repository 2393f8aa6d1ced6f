// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/samples.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <array>

#include "renderer/pipeline/stages.hpp"
#include "renderer/samplers/ddim.hpp"
#include "renderer/training/chance.hpp"

namespace pia::renderer {
namespace {

at::Tensor start_noise(const BatchReader& reader, std::uint64_t example, at::IntArrayRef shape) {
  return normal(
             {.seed = bits({.seed = reader.training.seed, .index = example}, Draw::sample), .index = example},
             Draw::noise, shape)
      .to(reader.device);
}

// Latents [1, frames, 4, h, w] of noise alone -> clean ones.
std::optional<at::Tensor> denoised(const SampleNetworks& networks, DenoiserBatch batch, const at::Tensor& ids,
                                   const Sampling& sampling, at::Tensor latents) {
  const at::Tensor text = forward(networks.text_encoder, ids);
  for (const DdimStep& step : ddim_schedule(sampling.steps)) {
    if (sampling.enough()) return std::nullopt;
    batch.timesteps = at::full({1}, step.timestep, at::kLong);
    const at::Tensor answer = answer_to(networks.unet, latents, batch, text, networks.choices);
    latents = ddim_advance(step, latents, answer);
  }
  return latents;
}

jobs::Clip shown(const BatchReader& reader, const SampleNetworks& networks, const at::Tensor& latents) {
  return decode(networks.decoder, latents.flatten(0, 1),
                {.scale = reader.scale, .rounding = networks.choices.frames});
}

jobs::Clip frames_of(const jobs::Clip& clip, int first, int frames) {
  jobs::Clip part{.frames = frames, .width = clip.width, .height = clip.height, .rgb = {}};
  const std::uint8_t* from = clip.rgb.data() + static_cast<std::size_t>(first) * clip.frame_bytes();
  part.rgb.assign(from, from + static_cast<std::size_t>(frames) * clip.frame_bytes());
  return part;
}

jobs::Clip first_frames(const jobs::Clip& clip, int frames) {
  return frames_of(clip, 0, frames);
}

jobs::Clip condition_beside(const Example& example) {
  if (example.condition.frames > 0) return example.condition;
  return example.condition_frame == 0 ? jobs::Clip{} : frames_of(example.clip, example.condition_frame, 1);
}

}  // namespace

std::optional<Sample> sample_clip(const BatchReader& reader, const SampleNetworks& networks,
                                  std::uint64_t example, const Sampling& sampling) {
  const Example one = reader.clips.example(example);
  const ReadClips clip = read_whole_clip(reader, example);
  const at::Tensor noise = start_noise(reader, example, clip.batch.latents.sizes());
  const auto latents = denoised(networks, clip.batch, clip.ids, sampling, noise);
  if (!latents) return std::nullopt;
  return Sample{.caption = one.caption,
                .made = shown(reader, networks, *latents),
                .given = first_frames(one.clip, reader.training.denoiser.frames),
                .condition = condition_beside(one)};
}

std::optional<Sample> sample_still(const BatchReader& reader, const SampleNetworks& networks,
                                   std::uint64_t example, const Sampling& sampling) {
  const Example one = reader.clips.example(example);
  check_clip(one.clip, reader, 1);
  const at::Tensor noise = start_noise(
      reader, example,
      {1, 1, reader.latent_channels, one.clip.height / reader.factor, one.clip.width / reader.factor});
  const at::Tensor ids = ids_of(reader, std::array{one.caption});
  const auto latents = denoised(networks, {}, ids, sampling, noise);
  if (!latents) return std::nullopt;
  return Sample{
      .caption = one.caption, .made = shown(reader, networks, *latents), .given = first_frames(one.clip, 1)};
}

Sample sample_picture(const BatchReader& reader, const VaeEncoder& encoder, const VaeDecoder& decoder,
                      std::uint64_t example) {
  const Example one = reader.clips.example(example);
  check_clip(one.clip, reader, 1);
  const std::int64_t first = 0;
  const at::Tensor mean = forward(encoder, pixels_of(one.clip, {&first, 1}).to(reader.device))
                              .narrow(1, 0, reader.latent_channels);
  return {.caption = one.caption,
          .made = decode(decoder, mean.contiguous(), {.scale = 1, .rounding = ByteRounding::nearest_even}),
          .given = first_frames(one.clip, 1)};
}

}  // namespace pia::renderer
