// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "jobs/core/words.hpp"

namespace pia::dsl {

/// One value a frame: the released row of (mode, magnitude), read at each frame's distance from
/// `condition_frame` (the original's RANGE_LIST and prepare_mask_coef); a row shorter than needed repeats its
/// last value. Style-transfer rows have opposite order in the two references, but the words mean the same in
/// both. Loop has a row for 16 frames; at any other length the first half of that row is mirrored, so that it
/// starts and ends at 1 and the first and the last frame are alike wherever the condition frame is.
/// Requires 0 <= condition_frame < frames, as do the others.
std::vector<double> preset_affinity(jobs::Mode mode, jobs::Magnitude magnitude, int frames,
                                    int condition_frame);

/// A list by distance from `condition_frame`, its last value repeats. `values` is not empty.
std::vector<double> listed_affinity(const std::vector<double>& values, int frames, int condition_frame);

/// Linear by distance: `from` at the condition frame, `to` at the farthest frame.
std::vector<double> linear_affinity(double from, double to, int frames, int condition_frame);

}  // namespace pia::dsl
