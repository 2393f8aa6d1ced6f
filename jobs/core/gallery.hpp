// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "jobs/core/words.hpp"

namespace pia::jobs {

/// What a gallery can be ordered by, each a key of job files.
enum class GalleryKey {
  image,
  model,
  motion,
  prompt,
  negative_prompt,
  mode,
  magnitude,
  affinity,
  condition_frame,
  seed,
  steps,
  guidance_scale,
  sampler,
  clip_skip,
  loras,
  ip_adapter_scale,
  frames,
  fps,
  width,
  height,
  strength,
  eta,
  reference,
  grid,
  name
};

template <>
std::span<const std::string_view> words<GalleryKey>();

/// What the rows, the columns and the pages of a gallery show; nothing: whatever differs among its clips.
struct GalleryWishes {
  std::optional<GalleryKey> rows = {};
  std::optional<GalleryKey> cols = {};
  std::optional<GalleryKey> page = {};
  bool operator==(const GalleryWishes&) const = default;
};

}  // namespace pia::jobs
