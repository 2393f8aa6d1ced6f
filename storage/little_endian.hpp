// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace pia::storage {

/// Appends an unsigned integer to `bytes` (std::string or std::vector<std::byte>), low byte first.
template <class Integer, class Bytes>
void put_little_endian(Bytes& bytes, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    bytes.push_back(static_cast<typename Bytes::value_type>((std::uint64_t{value} >> (8 * i)) & 255U));
  }
}

/// The integer that begins at `at`; the caller has checked that all of it is there.
template <class Integer>
Integer get_little_endian(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(Integer); i > 0; --i) {
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[at + i - 1]);
  }
  return static_cast<Integer>(value);
}

}  // namespace pia::storage
