// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/batches.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "jobs/core/error.hpp"
#include "renderer/training/chance.hpp"

namespace pia::renderer {
namespace {

std::uint64_t seed_of(const BatchReader& reader) {
  return reader.training.seed;
}

void check_sizes(const std::vector<at::Tensor>& pictures) {
  for (const at::Tensor& picture : pictures) {
    if (picture.sizes() == pictures.front().sizes()) continue;
    throw jobs::InputError("the clips of a batch differ in size; give data of one width and height");
  }
}

std::vector<std::int64_t> all_places(std::int64_t frames) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(frames));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

// Frame 0 and others, in order: a partial shuffle of them.
std::vector<std::int64_t> drawn_places(const jobs::Training& training, std::uint64_t batch) {
  const std::int64_t frames = training.denoiser.frames;
  std::vector<std::int64_t> places = all_places(frames);
  const std::int64_t seen = training.denoiser.frames_seen;
  if (seen <= 0 || seen >= frames) return places;
  for (std::int64_t i = 1; i < seen; ++i) {
    const Chance chance{.seed = training.seed ^ static_cast<std::uint64_t>(i), .index = batch};
    const std::int64_t other = i + below(chance, Draw::frames, frames - i);
    std::swap(places[static_cast<std::size_t>(i)], places[static_cast<std::size_t>(other)]);
  }
  places.resize(static_cast<std::size_t>(seen));
  std::ranges::sort(places);
  return places;
}

at::Tensor noise_of(const jobs::Training& training, const Chance& chance, at::IntArrayRef shape) {
  at::Tensor noise = normal(chance, Draw::noise, shape);
  const auto shift = [&](Draw draw, std::int64_t frames, double deviation) {
    if (deviation > 0) noise = noise + normal(chance, draw, {frames, shape[1], 1, 1}) * deviation;
  };
  shift(Draw::offset, 1, training.denoiser.offset_noise);
  shift(Draw::frame_offset, shape[0], training.denoiser.frame_offset_noise);
  return noise;
}

std::int64_t timestep_of(const jobs::DenoiserTraining& choices, const Chance& chance) {
  const bool focused = uniform(chance, Draw::focus) < choices.focus;
  const std::int64_t first = focused ? choices.focus_timestep : choices.first_timestep;
  return first + below(chance, Draw::timestep, choices.last_timestep - first + 1);
}

// A sample of the posteriors, in the U-Net's units: [n, 4, h, w].
at::Tensor encoded(const BatchReader& reader, const at::Tensor& pictures, const at::Tensor& noise) {
  const at::NoGradGuard frozen;
  const at::Tensor moments = reader.shelf != nullptr ? reader.shelf->moments(*reader.encoder, pictures)
                                                     : forward(*reader.encoder, pictures.to(reader.device));
  const std::int64_t channels = noise.size(1);
  const at::Tensor deviation = at::exp(0.5 * at::clamp(moments.narrow(1, channels, channels), -30.0, 20.0));
  return ((moments.narrow(1, 0, channels) + deviation * noise.to(reader.device)) * reader.scale).contiguous();
}

// Examples of a batch while they are gathered.
struct Gathered {
  std::vector<at::Tensor> pictures;   // [frames, 3, H, W] each
  std::vector<at::Tensor> posterior;  // [frames, 4, h, w] each
  std::vector<at::Tensor> noise;
  std::vector<at::Tensor> affinity;           // [frames]
  std::vector<at::Tensor> condition_picture;  // [1, 3, H, W], or undefined: that frame of the pictures
  std::vector<at::Tensor> condition_noise;
  std::vector<std::int64_t> timesteps;
  std::vector<std::int64_t> condition;  // which of the places
  std::vector<std::string> captions;
};

// One example on its way into a batch.
struct Taken {
  const Example& example;
  const std::vector<std::int64_t>& places;
  Chance chance;
};

std::vector<std::int64_t> latent_shape(const BatchReader& reader, const Taken& taken) {
  const jobs::Clip& clip = taken.example.clip;
  return {static_cast<std::int64_t>(taken.places.size()), reader.latent_channels, clip.height / reader.factor,
          clip.width / reader.factor};
}

void gather(Gathered& gathered, const BatchReader& reader, const Taken& taken) {
  const std::vector<std::int64_t> shape = latent_shape(reader, taken);
  gathered.pictures.push_back(pixels_of(taken.example.clip, taken.places));
  gathered.posterior.push_back(normal(taken.chance, Draw::posterior, shape));
  gathered.noise.push_back(noise_of(reader.training, taken.chance, shape));
  gathered.timesteps.push_back(timestep_of(reader.training.denoiser, taken.chance));
  gathered.captions.push_back(taken.example.caption);
}

void gather_condition(Gathered& gathered, const BatchReader& reader, const Taken& taken) {
  std::vector<float> affinity;
  for (const std::int64_t place : taken.places)
    affinity.push_back(taken.example.affinity.at(static_cast<std::size_t>(place)));
  gathered.affinity.push_back(at::tensor(affinity, at::kFloat));
  const auto at = std::ranges::find(taken.places, taken.example.condition_frame);
  PIA_ASSERT(at != taken.places.end());
  gathered.condition.push_back(at - taken.places.begin());
  gathered.condition_noise.push_back(
      normal(taken.chance, Draw::condition_noise, latent_shape(reader, taken)).select(0, 0));
  const jobs::Clip& picture = taken.example.condition;
  PIA_ASSERT(picture.frames == 0 || picture.frame_bytes() == taken.example.clip.frame_bytes());
  const std::int64_t only = 0;
  gathered.condition_picture.push_back(picture.frames > 0 ? pixels_of(picture, {&only, 1}) : at::Tensor());
}

// Of one of the examples, whose frames' latents are given: [4, h, w].
at::Tensor condition_latent(const BatchReader& reader, const Gathered& gathered, std::size_t example,
                            const at::Tensor& latents) {
  const std::int64_t place = gathered.condition[example];
  const at::Tensor& picture = gathered.condition_picture[example];
  if (!picture.defined()) return latents[place];
  return encoded(reader, picture, gathered.posterior[example].narrow(0, place, 1))[0];
}

ReadClips joined_clips(const BatchReader& reader, const Gathered& gathered,
                       std::vector<std::int64_t> places) {
  check_sizes(gathered.pictures);
  const at::Tensor noise = at::stack(gathered.noise).to(reader.device);
  const at::Tensor latents =
      encoded(reader, at::cat(gathered.pictures), at::cat(gathered.posterior)).view(noise.sizes());
  ReadClips clips{.batch = {.latents = latents,
                            .noise = noise,
                            .timesteps = at::tensor(gathered.timesteps, at::kLong),
                            .affinity = {},
                            .picture = {},
                            .terminal_timestep = reader.training.denoiser.terminal_timestep},
                  .ids = ids_of(reader, gathered.captions),
                  .places = std::move(places),
                  .condition = gathered.condition};
  if (gathered.affinity.empty()) return clips;
  clips.batch.affinity = at::stack(gathered.affinity).to(reader.device);
  std::vector<at::Tensor> pictures;
  for (std::size_t i = 0; i < gathered.pictures.size(); ++i) {
    pictures.push_back(condition_latent(reader, gathered, i, latents[static_cast<std::int64_t>(i)]));
  }
  clips.batch.picture = at::stack(pictures) + at::stack(gathered.condition_noise).to(reader.device) *
                                                  reader.training.denoiser.condition_noise;
  return clips;
}

// Of examples from `first` on.
void drop_conditions(DenoiserBatch& batch, const jobs::Training& training, std::uint64_t first) {
  for (std::int64_t i = 0; i < batch.affinity.size(0); ++i) {
    const Chance chance{.seed = training.seed, .index = first + static_cast<std::uint64_t>(i)};
    if (uniform(chance, Draw::condition_dropout) >= training.denoiser.condition_dropout) continue;
    batch.affinity[i].zero_();
    batch.picture[i].zero_();
  }
}

std::int64_t still_of(const jobs::Clip& clip, const Chance& chance) {
  return below(chance, Draw::still, clip.frames);
}

}  // namespace

void check_clip(const jobs::Clip& clip, const BatchReader& reader, std::int64_t frames) {
  const bool whole = clip.width % reader.factor == 0 && clip.height % reader.factor == 0;
  if (clip.frames >= frames && clip.width > 0 && clip.height > 0 && whole) return;
  throw jobs::InputError("a clip to learn from has " + std::to_string(clip.frames) + " frames of " +
                         std::to_string(clip.width) + " x " + std::to_string(clip.height) +
                         " pixels; the training wants " + std::to_string(frames) +
                         " frames, and sides that are multiples of " + std::to_string(reader.factor));
}

at::Tensor pixels_of(const jobs::Clip& clip, std::span<const std::int64_t> places) {
  const auto count = static_cast<std::int64_t>(places.size());
  const at::Tensor bytes = at::empty({count, clip.height, clip.width, 3}, at::kByte);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::size_t from =
        static_cast<std::size_t>(places[static_cast<std::size_t>(i)]) * clip.frame_bytes();
    std::memcpy(bytes[i].data_ptr(), clip.rgb.data() + from, clip.frame_bytes());
  }
  return bytes.to(at::kFloat).div_(127.5).sub_(1).permute({0, 3, 1, 2});
}

at::Tensor ids_of(const BatchReader& reader, std::span<const std::string> captions) {
  const auto& tokenize = reader.options.tokenize;
  if (!tokenize) throw jobs::InputError("a denoiser's training needs a tokenizer for its captions");
  std::vector<at::Tensor> rows;
  for (const std::string& caption : captions) {
    const std::vector<std::int32_t> ids = tokenize(caption);
    rows.push_back(at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), at::kLong));
  }
  return at::stack(rows).to(reader.device);
}

VaeBatch read_pictures(const BatchReader& reader, const BatchPart& part) {
  std::vector<at::Tensor> pictures;
  std::vector<at::Tensor> noise;
  for (std::int64_t i = 0; i < part.count; ++i) {
    const Chance chance{.seed = seed_of(reader), .index = part.first + static_cast<std::uint64_t>(i)};
    const Example example = reader.clips.example(chance.index);
    check_clip(example.clip, reader, 1);
    const std::int64_t place = still_of(example.clip, chance);
    pictures.push_back(pixels_of(example.clip, {&place, 1}));
    noise.push_back(normal(chance, Draw::noise,
                           {1, reader.latent_channels, example.clip.height / reader.factor,
                            example.clip.width / reader.factor}));
  }
  check_sizes(pictures);
  return {.pictures = at::cat(pictures).to(reader.device), .noise = at::cat(noise).to(reader.device)};
}

ReadClips read_stills(const BatchReader& reader, const BatchPart& part) {
  const jobs::DenoiserTraining& choices = reader.training.denoiser;
  // Beside clips, the same example is drawn for as if it were another.
  const std::uint64_t seed =
      choices.frames == 1 ? seed_of(reader) : bits({.seed = seed_of(reader)}, Draw::still);
  Gathered gathered;
  for (std::int64_t i = 0; i < part.count; ++i) {
    const Chance chance{.seed = seed, .index = part.first + static_cast<std::uint64_t>(i)};
    Example example = reader.clips.example(chance.index);
    check_clip(example.clip, reader, 1);
    if (uniform(chance, Draw::text_dropout) < choices.text_dropout) example.caption.clear();
    const std::vector<std::int64_t> place = {still_of(example.clip, chance)};
    gather(gathered, reader, {.example = example, .places = place, .chance = chance});
  }
  return joined_clips(reader, gathered, {});
}

ReadClips read_clips(const BatchReader& reader, const BatchPart& part) {
  const jobs::DenoiserTraining& choices = reader.training.denoiser;
  const std::vector<std::int64_t> places = drawn_places(reader.training, part.index);
  Gathered gathered;
  for (std::int64_t i = 0; i < part.count; ++i) {
    const Chance chance{.seed = seed_of(reader), .index = part.first + static_cast<std::uint64_t>(i)};
    Example example = reader.clips.example(chance.index);
    check_clip(example.clip, reader, choices.frames);
    if (uniform(chance, Draw::text_dropout) < choices.text_dropout) example.caption.clear();
    const Taken taken{.example = example, .places = places, .chance = chance};
    gather(gathered, reader, taken);
    gather_condition(gathered, reader, taken);
  }
  ReadClips clips = joined_clips(reader, gathered, places);
  drop_conditions(clips.batch, reader.training, part.first);
  return clips;
}

ReadClips read_whole_clip(const BatchReader& reader, std::uint64_t example) {
  const Chance chance{.seed = bits({.seed = seed_of(reader), .index = example}, Draw::gate),
                      .index = example};
  const Example one = reader.clips.example(example);
  check_clip(one.clip, reader, reader.training.denoiser.frames);
  Gathered gathered;
  const std::vector<std::int64_t> places = all_places(reader.training.denoiser.frames);
  const Taken taken{.example = one, .places = places, .chance = chance};
  gather(gathered, reader, taken);
  gather_condition(gathered, reader, taken);
  gathered.condition_noise.front().zero_();
  return joined_clips(reader, gathered, places);
}

}  // namespace pia::renderer
