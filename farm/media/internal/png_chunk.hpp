// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace pia::farm {

/// Four bytes, the highest first.
std::string big_endian(std::uint32_t value);

/// A chunk (PNG third edition, 5.3) of four letters of kind and what follows them: its length before, its
/// checksum behind.
std::string png_chunk(const std::string& kind_and_body);

}  // namespace pia::farm
