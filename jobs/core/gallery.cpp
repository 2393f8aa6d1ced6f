// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/gallery.hpp"

#include <array>

namespace pia::jobs {
namespace {
using namespace std::string_view_literals;
constexpr std::array kGalleryKey = {"image"sv,
                                    "model"sv,
                                    "motion"sv,
                                    "prompt"sv,
                                    "negative_prompt"sv,
                                    "mode"sv,
                                    "magnitude"sv,
                                    "affinity"sv,
                                    "condition_frame"sv,
                                    "seed"sv,
                                    "steps"sv,
                                    "guidance_scale"sv,
                                    "sampler"sv,
                                    "clip_skip"sv,
                                    "loras"sv,
                                    "ip_adapter_scale"sv,
                                    "frames"sv,
                                    "fps"sv,
                                    "width"sv,
                                    "height"sv,
                                    "strength"sv,
                                    "eta"sv,
                                    "reference"sv,
                                    "grid"sv,
                                    "name"sv};
static_assert(kGalleryKey.size() == static_cast<std::size_t>(GalleryKey::name) + 1);
}  // namespace

template <>
std::span<const std::string_view> words<GalleryKey>() {
  return kGalleryKey;
}

}  // namespace pia::jobs
