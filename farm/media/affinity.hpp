// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "jobs/core/picture.hpp"

namespace pia::farm {

// How PIA's released code (animatediff/data/dataset.py, utils/util.py) measures a training clip's affinity.
// What the paper says instead is in renderer/training/affinity.hpp.

/// Each frame's distance to frame `condition`, as the code's get_score: the mean L1 distance of hue in
/// degrees, saturation in [0, 1], value in 0..255 and an edge map, a quarter each. The edge map (0 or 255) is
/// compared in bytes that wrap: an edge that appears counts 255, one that goes counts 1.
std::vector<double> official_scores(const jobs::Clip& clip, int condition);

/// The code's prepare_mask_coef_by_score with train.yaml's percentiles of scores k frames apart: below the
/// 2.5th as the 2.5th, above the 97.5th as 0.95 of it; 1 - 0.8 * score / 97.5th; 1 at the condition. Frames
/// more than 15 apart, for which the code has no percentiles, are measured by those of 15.
std::vector<float> official_affinity(const std::vector<double>& scores, int condition);

}  // namespace pia::farm
