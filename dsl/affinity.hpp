// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "jobs/core/words.hpp"

namespace pia::dsl {

/// One value a frame: the released table of (mode, magnitude), read at each frame's distance from
/// `condition_frame` (the original's RANGE_LIST and prepare_mask_coef; pia-facts 2.3). Tables shorter than
/// needed repeat their last value. Style-transfer rows have opposite order in the two references, but the
/// words mean the same in both. Loop: the released list at 16 frames with condition frame 0, else its
/// half-curve mirrored, 1 at both ends.
std::vector<double> preset_affinity(jobs::Mode mode, jobs::Magnitude magnitude, int frames,
                                    int condition_frame);

/// A list by distance from `condition_frame`, its last value repeats. `values` is not empty.
std::vector<double> listed_affinity(const std::vector<double>& values, int frames, int condition_frame);

/// Linear by distance: `from` at the condition frame, `to` at the farthest frame.
std::vector<double> linear_affinity(double from, double to, int frames, int condition_frame);

}  // namespace pia::dsl
