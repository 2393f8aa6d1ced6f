// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/image_headers.hpp"

namespace pia::farm {
namespace {

void read_size(const PictureBytes& body, StoredHeader& header) {
  if (body.has(3, "\x9d\x01\x2a")) {
    header.width = body.u16(6) & 0x3FFFU;
    header.height = body.u16(8) & 0x3FFFU;
  } else if (body.u8(0) == 0x2F) {
    const std::uint32_t bits = body.u32(1);
    header.width = 1 + (bits & 0x3FFFU);
    header.height = 1 + (bits >> 14U & 0x3FFFU);
  } else {
    body.broken("its WebP pixel data has no beginning");
  }
}

}  // namespace

StoredHeader parse_webp(const PictureBytes& big) {
  const PictureBytes whole{big.bytes, big.name, ByteOrder::little};
  const PictureBytes file = whole.part(0, std::size_t{whole.u32(4)} + 8);
  StoredHeader header;
  bool pixels = false;
  for (std::size_t at = 12; at < file.size();) {
    const std::size_t length = file.u32(at + 4);
    const PictureBytes body = file.part(at + 8, length);
    if (file.has(at, "ANIM") || file.has(at, "ANMF")) {
      refuse_picture(file.name, "is an animated WebP",
                     "take a still picture, for instance its first frame as PNG");
    }
    if (!pixels && (file.has(at, "VP8 ") || file.has(at, "VP8L"))) {
      read_size(body, header);
      pixels = true;
    }
    if (file.has(at, "EXIF")) header.orientation = exif_orientation(body);
    at += 8 + length + (length & 1U);
  }
  if (!pixels) file.broken("it holds no pixel data");
  return header;
}

}  // namespace pia::farm
