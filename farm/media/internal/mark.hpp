// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "jobs/core/digest.hpp"
#include "jobs/core/words.hpp"

namespace pia::farm {

/// The bytes that a file with a mark ends with; they follow from the mark alone, so a look at a file's end
/// tells which mark it has:
/// mp4   a box of type `free` (ISO/IEC 14496-12, 8.1.2: players skip it) with "pia-farm " and 64 hex digits
/// gif   an application extension "PIA-FARM" "KEY" (GIF89a, 26) with 64 hex digits, and the trailer
/// webp  a chunk "PIAK" (unknown chunks are skipped) with 64 hex digits
/// png   a tEXt chunk "pia-farm key" with 64 hex digits, and IEND
std::vector<std::byte> marked_end(jobs::VideoFormat format, const jobs::Digest& mark);

/// Gives a whole, unmarked file of that format its mark.
void add_mark(std::vector<std::byte>& file, jobs::VideoFormat format, const jobs::Digest& mark);

}  // namespace pia::farm
