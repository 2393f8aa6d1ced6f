// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace pia::farm {
namespace {

std::string number(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
};

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t bytes = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (bytes == 1 || bytes > text.size()) return {lead, 1};
  std::uint32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {lead, 1};
    value = value << 6U | (byte(i) & 0x3FU);
  }
  return {value, bytes};
}

std::size_t columns_of_point(std::uint32_t point) {
  const auto within = [point](std::uint32_t low, std::uint32_t high) {
    return point >= low && point <= high;
  };
  if (within(0x300, 0x36F) || within(0x200B, 0x200F) || within(0xFE00, 0xFE0F)) return 0;
  const bool wide = within(0x1100, 0x115F) || within(0x2E80, 0xA4CF) || within(0xAC00, 0xD7A3) ||
                    within(0xF900, 0xFAFF) || within(0xFE30, 0xFE6F) || within(0xFF00, 0xFF60) ||
                    within(0xFFE0, 0xFFE6) || within(0x1F300, 0x1FAFF) || within(0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::string duration_words(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) seconds = 0;
  if (seconds < 9.95) return number("%.1f s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600)
    return number("%.0f min", static_cast<double>(whole / 60)) +
           number(" %02.0f s", static_cast<double>(whole % 60));
  const std::int64_t minutes = whole / 60;
  if (minutes < 48 * 60)
    return number("%.0f h", static_cast<double>(minutes / 60)) +
           number(" %02.0f min", static_cast<double>(minutes % 60));
  return number("%.0f days", static_cast<double>(minutes / 1440)) +
         number(" %.0f h", static_cast<double>(minutes / 60 % 24));
}

std::string elapsed_stamp(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, seconds));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02d:%02d", static_cast<long long>(whole / 3600),
                static_cast<int>(whole / 60 % 60), static_cast<int>(whole % 60));
  return text.data();
}

std::string size_words(double bytes) {
  if (bytes < 1000) return number("%.0f bytes", bytes);
  static constexpr std::array<const char*, 5> kUnits = {" kB", " MB", " GB", " TB", " PB"};
  std::size_t unit = 0;
  for (bytes /= 1000; bytes >= 999.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  return number(bytes < 9.95 ? "%.1f" : "%.0f", bytes) + kUnits[unit];
}

std::string counted(std::int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    columns += columns_of_point(point.value);
    text.remove_prefix(point.bytes);
  }
  return columns;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  const std::string_view mark = columns >= 8 ? ".." : "";
  std::string kept;
  std::size_t used = mark.size();
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    used += columns_of_point(point.value);
    if (used > columns) break;
    kept += text.substr(0, point.bytes);
    text.remove_prefix(point.bytes);
  }
  return kept + std::string(mark);
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string filled = clipped(text, columns);
  filled.append(columns - std::min(columns, columns_of(filled)), ' ');
  return filled;
}

std::string squeezed(std::string_view text, std::size_t columns) {
  const std::size_t all = columns_of(text);
  if (all <= columns || columns < 8) return clipped(text, columns);
  const std::size_t head = (columns - 2) / 2;
  std::string_view tail = text;
  while (columns_of(tail) > columns - 2 - head) tail.remove_prefix(first_code_point(tail).bytes);
  std::string_view kept = text;
  while (columns_of(kept) > head) {
    kept.remove_suffix(1);
    while (!kept.empty() && (static_cast<unsigned char>(text[kept.size()]) & 0xC0U) == 0x80U) {
      kept.remove_suffix(1);
    }
  }
  return std::string(kept) + ".." + std::string(tail);
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return shown;
}

std::string shortened_path(const std::string& path, const std::string& folder) {
  const std::string prefix = folder.ends_with('/') ? folder : folder + "/";
  if (!folder.empty() && path.size() > prefix.size() && path.starts_with(prefix))
    return path.substr(prefix.size());
  return path;
}

}  // namespace pia::farm
