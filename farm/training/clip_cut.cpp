// SPDX-License-Identifier: Apache-2.0
#include "farm/training/clip_cut.hpp"

#include <algorithm>
#include <cstdint>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

int below(std::int64_t count, double where) {
  return static_cast<int>(
      std::min<std::int64_t>(static_cast<std::int64_t>(where * static_cast<double>(count)), count - 1));
}

}  // namespace

std::vector<int> clip_frames(const ClipCut& cut, int total, double where) {
  PIA_ASSERT(cut.frames >= 1 && cut.stride >= 1 && total >= cut.frames);
  if (cut.frames == 1) return {below(total, where)};
  const std::int64_t window = std::int64_t{cut.frames} * cut.stride;
  const std::int64_t first = below(std::max<std::int64_t>(total - window, 1), where);
  const std::int64_t span = std::min(first + window, std::int64_t{total}) - 1 - first;
  std::vector<int> frames;
  for (std::int64_t i = 0; i < cut.frames; ++i) {
    frames.push_back(static_cast<int>(first + i * span / (cut.frames - 1)));
  }
  return frames;
}

void mirror(jobs::Clip& clip) {
  const int rows = clip.frames * clip.height;
  for (int row = 0; row < rows; ++row) {
    std::uint8_t* left = clip.rgb.data() + std::ptrdiff_t{3} * row * clip.width;
    std::uint8_t* right = left + std::ptrdiff_t{3} * (clip.width - 1);
    for (; left < right; left += 3, right -= 3) std::swap_ranges(left, left + 3, right);
  }
}

}  // namespace pia::farm
