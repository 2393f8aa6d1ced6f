// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/media/image_file.hpp"
#include "farm/media/internal/picture_bytes.hpp"

namespace pia::farm {

/// The pixels as stored: PNG of up to 8 bits a channel decoded by libpng, all else by OpenCV. `header` must
/// come from the same bytes. Throws jobs::InputError where they can't be decoded or have another size than
/// `header` says, and what picture_codecs throws.
jobs::Image decode_stored(const PictureBytes& file, const ImageHeader& header);

/// The pixels of a PNG of at most 8 bits a channel that is reduced to essential chunks, alpha dropped; an
/// empty picture where they can't be decoded.
jobs::Image decode_png(std::span<const std::byte> png);

}  // namespace pia::farm
