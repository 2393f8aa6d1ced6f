// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "jobs/core/picture.hpp"
#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// Samples on one picture. Clips: two rows each, what was given above what was made, a frame a column, as
/// many of them, spread over the clip, as 2,100 pixels hold (16 at most, 2 at least). Single frames: a column
/// each. Where a clip began with another picture than its first frame, there is one column more, for such
/// pictures, before the others, beside what was given. Small frames are shown twice as large. At least one
/// sample; throws jobs::InputError unless all are of one size and length.
jobs::Image sample_sheet(std::span<const renderer::Sample> samples);

/// Their captions, a line each.
std::string sheet_captions(std::span<const renderer::Sample> samples);

}  // namespace pia::farm
