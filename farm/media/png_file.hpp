// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "jobs/core/picture.hpp"

namespace pia::farm {

/// The picture as an RGB8 PNG. `comment` (UTF-8, may be empty: none) becomes a text chunk "Comment": tEXt if
/// it is ASCII, else iTXt. The same picture gives the same bytes with the same libpng. At least one pixel.
std::vector<std::byte> encode_png(const jobs::Image& image, const std::string& comment);

}  // namespace pia::farm
