// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "farm/media/internal/image_headers.hpp"

namespace pia::farm {
namespace {

constexpr std::uint32_t kBitFields = 3;

}  // namespace

StoredHeader parse_bmp(const PictureBytes& big) {
  const PictureBytes file{big.bytes, big.name, ByteOrder::little};
  const std::uint32_t pixels_at = file.u32(10);
  const std::uint32_t info = file.u32(14);
  StoredHeader header;
  std::uint32_t bits = 0;
  std::uint32_t compression = 0;
  std::uint32_t colours = 0;
  if (info == 12) {
    header.width = file.u16(18);
    header.height = file.u16(20);
    bits = file.u16(24);
  } else if (info >= 40 && info <= 256) {
    header.width = static_cast<std::int32_t>(file.u32(18));
    header.height = std::abs(static_cast<std::int64_t>(static_cast<std::int32_t>(file.u32(22))));
    bits = file.u16(28);
    compression = file.u32(30);
    colours = file.u32(46);
  } else {
    file.broken("its BMP header has an unknown length");
  }
  if (compression > kBitFields) file.broken("its BMP compression is unknown");
  if (colours > 256) file.broken("its BMP palette is too long");
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
    file.broken("BMP with " + std::to_string(bits) + " bits a pixel does not exist");
  }
  const bool run_lengths = compression == 1 || compression == 2;
  if (!run_lengths && header.width > 0) {
    const auto row = (static_cast<std::uint64_t>(header.width) * bits + 31) / 32 * 4;
    if (pixels_at > file.size() ||
        row * static_cast<std::uint64_t>(header.height) > file.size() - pixels_at) {
      file.truncated();
    }
  }
  return header;
}

}  // namespace pia::farm
