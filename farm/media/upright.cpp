// SPDX-License-Identifier: Apache-2.0
#include "farm/media/upright.hpp"

#include <algorithm>

#include "jobs/core/error.hpp"

namespace pia::farm {

jobs::Image upright(const jobs::Image& stored, int orientation) {
  PIA_ASSERT(orientation >= 1 && orientation <= 8);
  const bool swapped = orientation >= 5;
  // Whether the stored picture's x (y) runs against the direction of the upright axis that it becomes.
  const bool against_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool against_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  jobs::Image turned{stored.width, stored.height, std::vector<std::uint8_t>(stored.rgb.size())};
  if (swapped) std::swap(turned.width, turned.height);
  auto to = turned.rgb.begin();
  for (int y = 0; y < turned.height; ++y) {
    for (int x = 0; x < turned.width; ++x, to += 3) {
      const int along_x = swapped ? y : x;
      const int along_y = swapped ? x : y;
      const int from_x = against_x ? stored.width - 1 - along_x : along_x;
      const int from_y = against_y ? stored.height - 1 - along_y : along_y;
      const auto at = 3 * (std::ptrdiff_t{from_y} * stored.width + from_x);
      std::copy_n(stored.rgb.begin() + at, 3, to);
    }
  }
  return turned;
}

}  // namespace pia::farm
