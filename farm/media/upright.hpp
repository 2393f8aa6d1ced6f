// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/picture.hpp"

namespace pia::farm {

/// Turns and flips so that EXIF orientation `orientation` (1..8) stands upright.
jobs::Image upright(const jobs::Image& stored, int orientation);

}  // namespace pia::farm
