// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "renderer/weights/config_reader.hpp"

namespace pia::renderer {

// Rules that several configs share; each adds a problem to the reader if its rule is broken.

/// A list has one entry a level.
inline void check_count(ConfigReader& reader, const std::string& key, std::size_t entries,
                        std::size_t levels) {
  if (entries == levels) return;
  reader.problem(key + " has " + std::to_string(entries) + " entries for the " + std::to_string(levels) +
                 " levels of block_out_channels");
}

/// So many layers a block as networks have, and not so many that a hostile config fills the memory.
inline void check_layers(ConfigReader& reader, const std::string& key,
                         const std::vector<std::int64_t>& layers) {
  constexpr std::int64_t kMostLayers = 16;
  for (const std::int64_t count : layers) {
    if (count > kMostLayers) return reader.problem(key + " is over " + std::to_string(kMostLayers));
  }
}

/// Each number (one a level, or one for all) divides its level's channels.
inline void check_divides(ConfigReader& reader, const std::string& what,
                          const std::vector<std::int64_t>& numbers,
                          const std::vector<std::int64_t>& channels) {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::int64_t number = numbers[numbers.size() == 1 ? 0 : i];
    if (channels[i] % number == 0) continue;
    return reader.problem(what + " = " + std::to_string(number) + " does not divide the " +
                          std::to_string(channels[i]) + " channels of level " + std::to_string(i));
  }
}

/// Groups of a norm: 32 if absent; null (no norm) is not supported.
inline std::int64_t required_groups(ConfigReader& reader, const char* key) {
  if (reader.is_null(key)) reader.problem(std::string(key) + " = null is not supported");
  return reader.integer(key, 32);
}

}  // namespace pia::renderer
