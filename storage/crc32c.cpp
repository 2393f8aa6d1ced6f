// SPDX-License-Identifier: Apache-2.0
#include "storage/crc32c.hpp"

#include <array>

namespace pia::storage {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
    tables[0][i] = value;
  }
  for (std::size_t slice = 1; slice < tables.size(); ++slice) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[slice - 1][i];
      tables[slice][i] = (before >> 8U) ^ tables[0][before & 255U];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xffffffffU;
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[at + i]); };
  for (; at + 8 <= bytes.size(); at += 8) {
    crc = kTables[7][(crc ^ byte(0)) & 255U] ^ kTables[6][((crc >> 8U) ^ byte(1)) & 255U] ^
          kTables[5][((crc >> 16U) ^ byte(2)) & 255U] ^ kTables[4][((crc >> 24U) ^ byte(3)) & 255U] ^
          kTables[3][byte(4)] ^ kTables[2][byte(5)] ^ kTables[1][byte(6)] ^ kTables[0][byte(7)];
  }
  for (; at < bytes.size(); ++at) crc = (crc >> 8U) ^ kTables[0][(crc ^ byte(0)) & 255U];
  return ~crc;
}

std::uint32_t crc32c(std::string_view text) {
  return crc32c(std::as_bytes(std::span(text)));
}

}  // namespace pia::storage
