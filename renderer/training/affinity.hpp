// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "jobs/core/picture.hpp"

namespace pia::renderer {

/// How far each frame is from frame `condition`, in [0, 1]: the mean over the pixels of (dH + dS + dV) / 3,
/// where hue goes round (opposite hues are 1 apart) and saturation and value are in [0, 1].
std::vector<double> hsv_distances(const jobs::Clip& clip, int condition);

/// Between which distances affinity falls; smallest < largest.
struct Distances {
  double smallest = 0;
  double largest = 1;
};

/// PIA's paper, 3.2 and 7.1: for each frame s = 1 - 0.8 * (d - smallest) / (largest - smallest), within [0.2,
/// 1].
std::vector<float> paper_affinity(const std::vector<double>& distances, const Distances& usual);
std::vector<float> paper_affinity(const jobs::Clip& clip, int condition, const Distances& usual);

}  // namespace pia::renderer
