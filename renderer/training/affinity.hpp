// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "jobs/core/picture.hpp"

namespace pia::renderer {

/// How far each frame is from frame `condition`, in [0, 1]: the mean over the pixels of (dH + dS + dV) / 3,
/// where hue goes round (opposite hues are 1 apart) and saturation and value are in [0, 1].
std::vector<double> hsv_distances(const jobs::Clip& clip, int condition);

/// PIA's paper, 3.2: s = 1 - d / d_max * (1 - 0.2) for each frame, 0.2 beyond d_max > 0, 1 at the condition.
std::vector<float> paper_affinity(const std::vector<double>& distances, double largest);
std::vector<float> paper_affinity(const jobs::Clip& clip, int condition, double largest);

}  // namespace pia::renderer
