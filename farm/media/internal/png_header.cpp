// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>

#include "farm/media/internal/image_headers.hpp"

namespace pia::farm {

// Of our own: FFmpeg has one, but ranks read videos' marks, and must not load FFmpeg.
std::uint32_t png_crc(std::span<const std::byte> bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t rest = byte;
      for (int bit = 0; bit < 8; ++bit) rest = (rest & 1U) != 0 ? 0xedb88320U ^ (rest >> 1U) : rest >> 1U;
      table[byte] = rest;
    }
    return table;
  }();
  std::uint32_t crc = ~0U;
  for (const std::byte byte : bytes) {
    crc = kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xffU] ^ (crc >> 8U);
  }
  return ~crc;
}

StoredHeader parse_png(const PictureBytes& file) {
  constexpr std::size_t kSignature = 8;
  constexpr std::size_t kAround = 12;  // length, type and checksum of a chunk
  StoredHeader header;
  bool pixels = false;
  for (std::size_t at = kSignature;;) {
    const std::size_t length = file.u32(at);
    const PictureBytes body = file.part(at + 8, length);
    const PictureBytes checked = file.part(at + 4, length + 4);
    if (file.u32(at + 8 + length) != png_crc(checked.bytes)) file.broken("a PNG chunk's checksum is wrong");
    if ((at == kSignature) != file.has(at + 4, "IHDR")) file.broken("IHDR is not its first PNG chunk");
    if (at == kSignature) {
      if (length != 13) file.broken("its PNG header has the wrong length");
      header.width = body.u32(0);
      header.height = body.u32(4);
    }
    if (file.has(at + 4, "IDAT")) pixels = true;
    if (file.has(at + 4, "eXIf")) header.orientation = exif_orientation(body);
    if (file.has(at + 4, "IEND")) break;
    at += length + kAround;
  }
  if (!pixels) file.broken("it holds no pixel data");
  return header;
}

std::vector<std::byte> essential_png(const PictureBytes& file) {
  std::vector<std::byte> kept(file.bytes.begin(), file.bytes.begin() + 8);
  for (std::size_t at = 8;;) {
    const std::size_t length = std::size_t{file.u32(at)} + 12;
    const bool end = file.has(at + 4, "IEND");
    if (end || file.has(at + 4, "IHDR") || file.has(at + 4, "PLTE") || file.has(at + 4, "IDAT")) {
      const auto chunk = file.part(at, length).bytes;
      kept.insert(kept.end(), chunk.begin(), chunk.end());
    }
    if (end) return kept;
    at += length;
  }
}

}  // namespace pia::farm
