// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "jobs/core/training.hpp"
#include "renderer/nn/vae.hpp"
#include "renderer/training/clip_source.hpp"
#include "renderer/training/latent_shelf.hpp"
#include "renderer/training/losses.hpp"
#include "renderer/training/trainer.hpp"
#include "renderer/weights/config.hpp"

namespace pia::renderer {

/// What turns examples into batches.
struct BatchReader {
  const jobs::Training& training;
  const ClipSource& clips;
  const TrainerOptions& options;
  const VaeEncoder* encoder = nullptr;  ///< frozen, bound without gradients; not for a VAE's training
  LatentShelf* shelf = nullptr;         ///< of that encoder; none: pictures are encoded whenever they come
  double scale = kSd15LatentScale;      ///< from the VAE's latents to the U-Net's
  std::int64_t latent_channels = 4;
  std::int64_t factor = 8;       ///< pixels a latent
  at::Device device = at::kCPU;  ///< of the encoder, and of all that is read
};

/// Part of a batch: `count` examples from `first` on. `index` is the batch's own, for what it draws as a
/// whole.
struct BatchPart {
  std::uint64_t index = 0;
  std::uint64_t first = 0;
  std::int64_t count = 0;
};

struct VaeBatch {
  at::Tensor pictures;  ///< [n, 3, H, W] in -1..1
  at::Tensor noise;     ///< [n, latent channels, h, w]
};
VaeBatch read_pictures(const BatchReader& reader, const BatchPart& part);

struct ReadClips {
  DenoiserBatch batch;
  at::Tensor ids;                       ///< int64 [n, tokens]
  std::vector<std::int64_t> places;     ///< which frames of the clips these are; empty for stills
  std::vector<std::int64_t> condition;  ///< of each clip: which of the places is the condition
};

/// Single frames as a training step draws them, one of each example. Throws as read_clips does.
ReadClips read_stills(const BatchReader& reader, const BatchPart& part);

/// Clips of more than one frame as a training step draws them. Throws jobs::InputError for clips that are too
/// short or of unlike sizes. Whether a clip loses its condition is its own draw, where PIA's code has one for
/// each GPU's batch: the share is the same, steps mix both kinds, and what is drawn for a clip does not
/// depend on how a batch is shared among processes.
ReadClips read_clips(const BatchReader& reader, const BatchPart& part);

/// One whole clip without dropouts, with noise of its own; its timestep is to be set.
ReadClips read_whole_clip(const BatchReader& reader, std::uint64_t example);

/// Throws jobs::InputError unless the clip has so many frames, and sides that are whole latents.
void check_clip(const jobs::Clip& clip, const BatchReader& reader, std::int64_t frames);

/// Frames of a clip, fp32 [n, 3, H, W] in -1..1.
at::Tensor pixels_of(const jobs::Clip& clip, std::span<const std::int64_t> places);

/// int64 [n, tokens]. Throws jobs::InputError if there is no tokenizer.
at::Tensor ids_of(const BatchReader& reader, std::span<const std::string> captions);

}  // namespace pia::renderer
