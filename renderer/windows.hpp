// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "jobs/core/shot.hpp"

namespace pia::renderer {

/// A part of a clip that the network sees at once.
struct Window {
  std::vector<std::int64_t> frames;  ///< of the clip, in the order of the network's positions
  std::vector<float> shares;  ///< what its answer counts in each of them; over all windows they add up to 1
};

/// The windows of one denoising step, counted from 0. They begin every d = length - overlap frames:
///   static   at 0, d, 2 d, .. ; the last is moved back, to end with the clip; the same at every step;
///   uniform  the same grid moved back by o(step), so that seams fall elsewhere in each step;
///            what would begin before the clip begins with it, what would end behind it ends with it, none
///            comes twice;
///   looped   at o(step), o(step) + d, .. until all frames had their turn, going round from the last frame to
///            the first.
/// o(step) is d times the step's bits mirrored behind the binary point (0, 1/2, 1/4, 3/4, 1/8, ..), rounded
/// down. Every frame is in a window, and each pair of neighbours together in one (looped: last and first,
/// too). An answer's weight rises from 1 at its window's edges to the middle, so that neighbours fade into
/// each other. A clip that is not longer than a window is one window. Requires frames >= 1, 0 <= overlap <
/// length.
std::vector<Window> windows_of(const jobs::Windows& windows, int frames, int step);

}  // namespace pia::renderer
