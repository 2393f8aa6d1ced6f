// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/png_chunk.hpp"

#include <span>

#include "farm/media/internal/image_headers.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>(value >> (shift - 8));
  return bytes;
}

std::string png_chunk(const std::string& kind_and_body) {
  PIA_ASSERT(kind_and_body.size() >= 4);
  const std::uint32_t crc = png_crc(std::as_bytes(std::span(kind_and_body)));
  return big_endian(static_cast<std::uint32_t>(kind_and_body.size() - 4)) + kind_and_body + big_endian(crc);
}

}  // namespace pia::farm
