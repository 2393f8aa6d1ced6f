// SPDX-License-Identifier: Apache-2.0
#include "dsl/affinity.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "jobs/core/error.hpp"

namespace pia::dsl {
namespace {

using Row = std::vector<double>;

const Row& released_row(jobs::Mode mode, jobs::Magnitude magnitude) {
  static const std::array<std::array<Row, 3>, 3> kRows = {{
      {{{1.0, 0.9, 0.85, 0.85, 0.85, 0.8},
        {1.0, 0.8, 0.8, 0.8, 0.79, 0.78, 0.75},
        {1.0, 0.8, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.6, 0.5, 0.5}}},
      {{{1.0, 0.9, 0.85, 0.85, 0.85, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.85, 0.85, 0.9, 1.0},
        {1.0, 0.8, 0.8, 0.8, 0.79, 0.78, 0.75, 0.75, 0.75, 0.75, 0.75, 0.78, 0.79, 0.8, 0.8, 1.0},
        {1.0, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.5, 0.5, 0.6, 0.7, 0.7, 0.7, 0.7, 0.8, 1.0}}},
      {{{0.5, 0.4, 0.4, 0.4, 0.35, 0.3}, {0.5, 0.4, 0.4, 0.4, 0.35, 0.35, 0.3, 0.25, 0.2}, {0.5, 0.2}}},
  }};
  return kRows[static_cast<std::size_t>(mode)][static_cast<std::size_t>(magnitude)];
}

Row mirrored(const Row& released, int frames) {
  const int half = static_cast<int>(released.size()) / 2;
  Row row;
  for (int frame = 0; frame < frames; ++frame) {
    const int distance = std::min({frame, frames - 1 - frame, half - 1});
    row.push_back(released[static_cast<std::size_t>(distance)]);
  }
  return row;
}

void assert_frames(int frames, int condition_frame) {
  PIA_ASSERT(frames > 0 && condition_frame >= 0 && condition_frame < frames);
}

}  // namespace

std::vector<double> preset_affinity(jobs::Mode mode, jobs::Magnitude magnitude, int frames,
                                    int condition_frame) {
  const Row& released = released_row(mode, magnitude);
  if (mode != jobs::Mode::loop || frames == static_cast<int>(released.size())) {
    return listed_affinity(released, frames, condition_frame);
  }
  return listed_affinity(mirrored(released, frames), frames, condition_frame);
}

std::vector<double> listed_affinity(const std::vector<double>& values, int frames, int condition_frame) {
  assert_frames(frames, condition_frame);
  PIA_ASSERT(!values.empty());
  std::vector<double> affinity;
  for (int frame = 0; frame < frames; ++frame) {
    const auto distance = static_cast<std::size_t>(std::abs(frame - condition_frame));
    affinity.push_back(values[std::min(distance, values.size() - 1)]);
  }
  return affinity;
}

std::vector<double> linear_affinity(double from, double to, int frames, int condition_frame) {
  assert_frames(frames, condition_frame);
  const int farthest = std::max(condition_frame, frames - 1 - condition_frame);
  std::vector<double> affinity;
  for (int frame = 0; frame < frames; ++frame) {
    const int distance = std::abs(frame - condition_frame);
    affinity.push_back(distance == 0 ? from : from + (to - from) * distance / farthest);
  }
  return affinity;
}

}  // namespace pia::dsl
