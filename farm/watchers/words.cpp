// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/words.hpp"

#include <utf8proc.h>

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

/// The first character of a text, and what it takes on a terminal.
struct Shown {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

Shown first_shown(std::string_view text) {
  utf8proc_int32_t point = -1;
  const auto bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4)), &point);
  if (bytes <= 0) return {};
  // Of characters younger than the library's table most are emoji; what is taken for too wide can't wrap.
  const bool unknown = utf8proc_category(point) == UTF8PROC_CATEGORY_CN;
  return {static_cast<std::size_t>(bytes), unknown ? 2 : static_cast<std::size_t>(utf8proc_charwidth(point))};
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
    const Shown first = first_shown(text);
    columns += first.columns;
    text.remove_prefix(first.bytes);
  }
  return columns;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  const std::string_view mark = columns >= 8 ? ".." : "";
  std::string kept;
  std::size_t used = mark.size();
  while (!text.empty()) {
    const Shown first = first_shown(text);
    used += first.columns;
    if (used > columns) break;
    kept += text.substr(0, first.bytes);
    text.remove_prefix(first.bytes);
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
  while (columns_of(tail) > columns - 2 - head) tail.remove_prefix(first_shown(tail).bytes);
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
