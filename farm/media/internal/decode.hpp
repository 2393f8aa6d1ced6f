// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/media/image_file.hpp"
#include "farm/media/internal/picture_bytes.hpp"

namespace pia::farm {

/// The pixels as stored, decoded by OpenCV. `header` must come from the same bytes.
/// Throws jobs::InputError where they can't be decoded or have another size than `header` says.
jobs::Image decode_stored(const PictureBytes& file, const ImageHeader& header);

/// Turns and flips so that EXIF orientation `orientation` (1..8) stands upright.
jobs::Image upright(const jobs::Image& stored, int orientation);

}  // namespace pia::farm
