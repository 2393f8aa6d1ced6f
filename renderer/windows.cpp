// SPDX-License-Identifier: Apache-2.0
#include "renderer/windows.hpp"

#include <algorithm>

#include "jobs/core/error.hpp"
#include "renderer/renderer.hpp"

namespace pia::renderer {
namespace {

// The bits of `step` mirrored behind the binary point, times `distance`.
int offset(int step, int distance) {
  double share = 0;
  double bit = 0.5;
  for (auto rest = static_cast<unsigned>(step); rest != 0; rest >>= 1U, bit /= 2) share += (rest & 1U) * bit;
  return static_cast<int>(share * distance);
}

std::vector<int> straight_starts(int frames, int length, int distance, int moved_back) {
  std::vector<int> starts;
  for (int at = -moved_back; starts.empty() || starts.back() < frames - length; at += distance) {
    const int start = std::clamp(at, 0, frames - length);
    if (starts.empty() || start > starts.back()) starts.push_back(start);
  }
  return starts;
}

std::vector<int> looped_starts(int frames, int distance, int moved) {
  std::vector<int> starts;
  for (int at = 0; at < frames; at += distance) starts.push_back((at + moved) % frames);
  return starts;
}

std::vector<int> starts_of(const jobs::Windows& windows, int frames, int step) {
  const int distance = windows.length - windows.overlap;
  if (frames <= windows.length) return {0};
  switch (windows.schedule) {
    case jobs::WindowSchedule::fixed:
      return straight_starts(frames, windows.length, distance, 0);
    case jobs::WindowSchedule::uniform:
      return straight_starts(frames, windows.length, distance, offset(step, distance));
    case jobs::WindowSchedule::looped:
      break;
  }
  return looped_starts(frames, distance, offset(step, distance));
}

}  // namespace

std::vector<Window> windows_of(const jobs::Windows& windows, int frames, int step) {
  PIA_ASSERT(frames >= 1 && step >= 0 && windows.overlap >= 0 && windows.overlap < windows.length);
  const int length = std::min(windows.length, frames);
  const auto weight = [length](int place) {
    return static_cast<double>(std::min(place + 1, length - place));
  };
  std::vector<double> sums(static_cast<std::size_t>(frames), 0);
  const std::vector<int> starts = starts_of(windows, frames, step);
  for (const int start : starts) {
    for (int i = 0; i < length; ++i) sums[static_cast<std::size_t>((start + i) % frames)] += weight(i);
  }
  std::vector<Window> all;
  for (const int start : starts) {
    Window& window = all.emplace_back();
    for (int i = 0; i < length; ++i) {
      const int frame = (start + i) % frames;
      window.frames.push_back(frame);
      window.shares.push_back(static_cast<float>(weight(i) / sums[static_cast<std::size_t>(frame)]));
    }
  }
  return all;
}

std::int64_t frames_a_step(const jobs::Shot& shot) {
  if (!shot.windows || shot.frames <= shot.windows->length) return shot.frames;
  return static_cast<std::int64_t>(starts_of(*shot.windows, shot.frames, 0).size()) * shot.windows->length;
}

}  // namespace pia::renderer
