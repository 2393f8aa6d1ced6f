// SPDX-License-Identifier: Apache-2.0
#include "farm/report/html.hpp"

#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

bool needs_no_escape(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~' || c == '/';
}

}  // namespace

std::string html_escaped(const std::string& text) {
  std::string safe;
  for (const char c : printable(text)) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else if (c == '"') {
      safe += "&quot;";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string link_to(const std::string& path) {
  static constexpr const char* kDigits = "0123456789ABCDEF";
  std::string link;
  for (const char c : path) {
    if (needs_no_escape(c)) {
      link += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      link += std::string("%") + kDigits[byte >> 4U] + kDigits[byte & 15U];
    }
  }
  return link;
}

}  // namespace pia::farm
