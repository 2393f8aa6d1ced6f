// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "farm/media/internal/image_headers.hpp"

namespace pia::tests {

/// A PNG with its checksums made right again, as whoever means harm would: so it reaches the decoder.
inline std::string sealed_png(std::string png) {
  const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(png[at])}; };
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t length = byte(at) << 24U | byte(at + 1) << 16U | byte(at + 2) << 8U | byte(at + 3);
    if (length > png.size() - at - 12) break;
    const std::uint32_t crc = farm::png_crc(std::as_bytes(std::span(png)).subspan(at + 4, length + 4));
    for (unsigned i = 0; i < 4; ++i) png[at + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
    at += length + 12;
  }
  return png;
}

}  // namespace pia::tests
