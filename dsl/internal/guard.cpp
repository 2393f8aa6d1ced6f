// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/guard.hpp"

#include <algorithm>
#include <string_view>

#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

constexpr int kMostParts = 16;
constexpr int kMostBrackets = 16;

// A long string may have up to two quotes of its own right before the three that close it.
std::size_t closed(std::string_view text, std::size_t end, bool is_long) {
  for (int extra = 0; is_long && extra < 2 && end < text.size() && text[end] == text[end - 1]; ++extra) ++end;
  return end;
}

// The end of the string or comment that begins at `at`, or `at` itself.
std::size_t skipped(std::string_view text, std::size_t at) {
  const auto end_or_all = [&](std::size_t found, std::size_t length) {
    return found == std::string_view::npos ? text.size() : found + length;
  };
  if (text[at] == '#') return end_or_all(text.find('\n', at), 0);
  if (text[at] != '"' && text[at] != '\'') return at;
  const std::string_view rest = text.substr(at);
  const bool is_long = rest.starts_with("\"\"\"") || rest.starts_with("'''");
  const std::string_view mark = rest.substr(0, is_long ? 3 : 1);
  for (std::size_t i = at + mark.size(); i < text.size(); ++i) {
    if (text[at] == '"' && text[i] == '\\') {
      ++i;
    } else if (text.substr(i).starts_with(mark) || (!is_long && text[i] == '\n')) {
      return text[i] == '\n' ? i : closed(text, i + mark.size(), is_long);
    }
  }
  return text.size();
}

struct Nesting {
  std::size_t key = std::string_view::npos;      ///< where a key gets too many parts
  std::size_t bracket = std::string_view::npos;  ///< where a bracket is too deep
};

Nesting find_nesting(std::string_view text) {
  static constexpr std::string_view kEnds = "=,\n[]{}";
  int dots = 0;
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t behind = skipped(text, at);
    if (behind > at) {
      at = behind;
      continue;
    }
    const char c = text[at];
    if (kEnds.find(c) != std::string_view::npos) dots = 0;
    if (c == '.' && ++dots >= kMostParts) return {.key = at};
    if ((c == '[' || c == '{') && ++depth > kMostBrackets) return {.bracket = at};
    if ((c == ']' || c == '}') && depth > 0) --depth;
    ++at;
  }
  return {};
}

}  // namespace

Place place_at(std::string_view text, std::size_t offset) {
  Place place{.line = 1, .column = 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      place = {.line = place.line + 1, .column = 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++place.column;
    }
  }
  return place;
}

std::optional<Guarded> find_guarded(const std::string& text) {
  const std::size_t bad = first_bad_utf8(text);
  if (bad != std::string::npos) {
    return Guarded{place_at(text, bad), "this byte is not UTF-8; save the file as UTF-8"};
  }
  const std::size_t zero = text.find('\0');
  if (zero != std::string::npos) {
    return Guarded{place_at(text, zero), "this is a zero byte; the file is damaged or is not a text"};
  }
  const Nesting nesting = find_nesting(text);
  if (nesting.key != std::string::npos) {
    return Guarded{place_at(text, nesting.key),
                   "this key has more than 16 parts; is it a string without quotes?"};
  }
  if (nesting.bracket != std::string::npos) {
    return Guarded{place_at(text, nesting.bracket),
                   "more than 16 brackets are open here; is one not closed?"};
  }
  return std::nullopt;
}

}  // namespace pia::dsl::internal
