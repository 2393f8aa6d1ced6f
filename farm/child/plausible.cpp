// SPDX-License-Identifier: Apache-2.0
#include "farm/child/plausible.hpp"

#include <algorithm>
#include <cmath>

#include "renderer/renderer.hpp"

namespace pia::farm {

std::optional<std::string> implausible(const jobs::Shot& shot, const jobs::ShotResult& result, int steps) {
  if (const int wanted = renderer::step_count(shot); steps != wanted) {
    return "the renderer gave a result after " + std::to_string(steps) + " steps instead of " +
           std::to_string(wanted);
  }
  const jobs::Clip& clip = result.clip;
  if (clip.frames != shot.frames) {
    return "the renderer gave " + std::to_string(clip.frames) + " frames instead of " +
           std::to_string(shot.frames);
  }
  if (clip.width != shot.geometry.size.width || clip.height != shot.geometry.size.height ||
      clip.rgb.size() != clip.frame_bytes() * static_cast<std::size_t>(clip.frames)) {
    return "the renderer gave frames of a wrong size";
  }
  if (result.latents) {
    const auto& values = result.latents->values;
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
      return "the renderer gave latents that are not finite (NaN)";
    }
  }
  if (std::all_of(clip.rgb.begin(), clip.rgb.end(), [](std::uint8_t byte) { return byte == 0; })) {
    return "the renderer gave nothing but black frames";
  }
  return std::nullopt;
}

}  // namespace pia::farm
