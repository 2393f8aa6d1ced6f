// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "jobs/core/picture.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

struct ContactSheet {
  jobs::Size cell{128, 128};  ///< each frame is scaled to lie within, aspect kept
  int columns = 8;            ///< frames a row, spread evenly from the first to the last
  int gap = 4;                ///< white pixels around and between cells
};

/// Clips as rows, their frames as columns: a picture of what was made. A clip with fewer frames than columns
/// leaves its row's end white. At least one clip, each with a frame.
jobs::Image contact_sheet(std::span<const jobs::Clip> clips, const ContactSheet& sheet);

}  // namespace pia::farm
