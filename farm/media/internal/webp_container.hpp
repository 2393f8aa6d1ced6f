// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jobs/core/shot.hpp"

namespace pia::farm {

struct WebpFinish {
  jobs::Size size;
  std::int64_t duration_ms = 0;    ///< of the whole; the encoder only guesses how long the last frame lasts
  const std::string& description;  ///< UTF-8, for an XMP packet; empty: none
  const std::string& name;         ///< for error sentences
};

/// A WebP file as the encoder made it, with its last frame's duration and loop count (for ever) set, and XMP
/// added (WebP container specification, "Extended File Format").
std::vector<std::byte> finish_webp(std::span<const std::byte> webp, const WebpFinish& finish);

}  // namespace pia::farm
