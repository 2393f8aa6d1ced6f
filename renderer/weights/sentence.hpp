// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pia::renderer {

/// A name out of somebody's file, for a sentence: in quotes, control characters as '?', cut after 100 bytes.
inline std::string in_quotes(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  std::string text = "\"";
  for (const char c : name.substr(0, kLongest)) {
    text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return text + (name.size() > kLongest ? "...\"" : "\"");
}

}  // namespace pia::renderer
