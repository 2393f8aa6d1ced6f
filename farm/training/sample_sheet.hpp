// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "jobs/core/picture.hpp"
#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// Samples on one picture. Clips: two rows each, what was given above what was made of its first frame, a
/// frame a column, at most 16 of them spread over the clip. Single frames: a column each. Small frames are
/// shown twice as large. All samples must be of one size and length; at least one.
jobs::Image sample_sheet(std::span<const renderer::Sample> samples);

/// Their captions, a line each.
std::string sheet_captions(std::span<const renderer::Sample> samples);

}  // namespace pia::farm
