// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/image_headers.hpp"

namespace pia::farm {
namespace {

constexpr std::uint32_t kEndOfImage = 0xD9;
constexpr std::uint32_t kStartOfScan = 0xDA;
constexpr std::uint32_t kApp1 = 0xE1;

bool is_frame_header(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool stands_alone(std::uint32_t marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

/// Where the next marker's 0xFF is, at or after `at`, within entropy-coded data.
std::size_t after_scan(const PictureBytes& file, std::size_t at) {
  for (;; ++at) {
    if (file.u8(at) != 0xFF) continue;
    const std::uint32_t next = file.u8(at + 1);
    if (next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7)) return at;
  }
}

}  // namespace

StoredHeader parse_jpeg(const PictureBytes& file) {
  StoredHeader header;
  bool exif_seen = false;
  bool scan_seen = false;
  for (std::size_t at = 2;;) {
    if (file.u8(at) != 0xFF) file.broken("a JPEG marker is missing");
    while (file.u8(at + 1) == 0xFF) ++at;
    const std::uint32_t marker = file.u8(at + 1);
    at += 2;
    if (marker == kEndOfImage) break;
    if (stands_alone(marker)) continue;
    const std::size_t length = file.u16(at);
    if (length < 2) file.broken("a JPEG segment has an impossible length");
    const PictureBytes body = file.part(at + 2, length - 2);
    if (is_frame_header(marker) && header.width == 0) {
      header.height = body.u16(1);
      header.width = body.u16(3);
    }
    if (marker == kApp1 && !exif_seen && body.has(0, std::string_view("Exif\0\0", 6))) {
      header.orientation = exif_orientation(body);
      exif_seen = true;
    }
    at += length;
    if (marker == kStartOfScan) {
      scan_seen = true;
      at = after_scan(file, at);
    }
  }
  if (header.width == 0 || !scan_seen) file.broken("it holds no pixel data");
  return header;
}

}  // namespace pia::farm
