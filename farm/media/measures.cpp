// SPDX-License-Identifier: Apache-2.0
#include "farm/media/measures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace pia::farm {
namespace {

using Bytes = std::span<const std::uint8_t>;

Bytes frame(const jobs::Clip& clip, int number) {
  return Bytes(clip.rgb).subspan(clip.frame_bytes() * static_cast<std::size_t>(number), clip.frame_bytes());
}

bool is_whole(const MeasuredClip& made) {
  const jobs::Clip& clip = made.clip;
  return clip.frames > 0 && !clip.rgb.empty() && made.condition_frame >= 0 &&
         made.condition_frame < clip.frames &&
         clip.rgb.size() == clip.frame_bytes() * static_cast<std::size_t>(clip.frames);
}

std::optional<double> psnr(const MeasuredClip& made) {
  const Bytes shown = frame(made.clip, made.condition_frame);
  const bool fits = made.picture.width == made.clip.width && made.picture.height == made.clip.height &&
                    made.picture.rgb.size() == shown.size();
  if (!fits) return std::nullopt;
  std::uint64_t squares = 0;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const int difference = int{shown[i]} - int{made.picture.rgb[i]};
    squares += static_cast<std::uint64_t>(difference * difference);
  }
  if (squares == 0) return kMostPsnr;
  const double mean = static_cast<double>(squares) / static_cast<double>(shown.size());
  return std::min(kMostPsnr, 10 * std::log10(255.0 * 255.0 / mean));
}

double motion(const MeasuredClip& made) {
  const Bytes still = frame(made.clip, made.condition_frame);
  std::uint64_t sum = 0;
  for (int number = 0; number < made.clip.frames; ++number) {
    const Bytes moved = frame(made.clip, number);
    for (std::size_t i = 0; i < still.size(); ++i)
      sum += static_cast<std::uint64_t>(std::abs(int{moved[i]} - int{still[i]}));
  }
  const double others = static_cast<double>(std::max(1, made.clip.frames - 1));
  return static_cast<double>(sum) / (others * static_cast<double>(still.size()));
}

double flicker(const jobs::Clip& clip) {
  if (clip.frames < 3) return 0;
  std::uint64_t twice = 0;
  for (int number = 1; number + 1 < clip.frames; ++number) {
    const Bytes before = frame(clip, number - 1);
    const Bytes now = frame(clip, number);
    const Bytes after = frame(clip, number + 1);
    for (std::size_t i = 0; i < now.size(); ++i)
      twice += static_cast<std::uint64_t>(std::abs(2 * int{now[i]} - int{before[i]} - int{after[i]}));
  }
  return static_cast<double>(twice) / (2.0 * (clip.frames - 2) * static_cast<double>(clip.frame_bytes()));
}

}  // namespace

jobs::Measures measured(const MeasuredClip& made, std::span<const jobs::Metric> wished) {
  jobs::Measures measures;
  if (!is_whole(made)) return measures;
  for (const jobs::Metric metric : wished) {
    if (metric == jobs::Metric::psnr) measures.psnr = psnr(made);
    if (metric == jobs::Metric::motion) measures.motion = motion(made);
    if (metric == jobs::Metric::flicker) measures.flicker = flicker(made.clip);
  }
  return measures;
}

}  // namespace pia::farm
