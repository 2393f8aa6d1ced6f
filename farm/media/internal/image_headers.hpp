// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "farm/media/internal/picture_bytes.hpp"

namespace pia::farm {

/// Size as stored, and EXIF orientation. Width and height may be anything from 1 up: the caller has limits.
struct StoredHeader {
  std::int64_t width = 0;
  std::int64_t height = 0;
  int orientation = 1;
};

/// Each walks the whole file once and throws jobs::InputError where it is cut off or makes no sense.
/// PNG third edition; ITU-T T.81; the WebP container specification and RFC 6386, 9.1; BITMAPINFOHEADER and
/// its relatives; TIFF 6.0.
StoredHeader parse_png(const PictureBytes& file);
StoredHeader parse_jpeg(const PictureBytes& file);
StoredHeader parse_webp(const PictureBytes& file);
StoredHeader parse_bmp(const PictureBytes& file);
StoredHeader parse_tiff(const PictureBytes& file);

/// The orientation in an EXIF block, which is a small TIFF, with or without "Exif\0\0" before it. 1 where
/// there is none or where it makes no sense: a broken EXIF block is no reason to refuse a picture.
int exif_orientation(const PictureBytes& block);

/// The file reduced to the chunks that decide its colours: no animation, no metadata, no transparency. For a
/// file that parse_png accepts.
std::vector<std::byte> essential_png(const PictureBytes& file);

/// The file with tags changed so that libtiff neither turns the picture nor multiplies colours by alpha. For
/// a file that parse_tiff accepts.
std::vector<std::byte> plain_tiff(const PictureBytes& file);

/// CRC-32 as PNG has it (reflected 0xEDB88320).
std::uint32_t png_crc(std::span<const std::byte> bytes);

}  // namespace pia::farm
