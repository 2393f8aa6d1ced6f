// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/glob.hpp"

#include <algorithm>
#include <array>

#include "dsl/internal/find_file.hpp"

namespace pia::dsl::internal {
namespace {

// Length of the [...] at the front of `pattern` (0 if it is not closed), and whether it has `c`.
struct Bracket {
  std::size_t length = 0;
  bool has = false;
};

Bracket bracket(std::string_view pattern, char c) {
  std::size_t at = 1;
  const bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (inverted) ++at;
  bool has = false;
  for (std::size_t first = at; at < pattern.size() && (pattern[at] != ']' || at == first); ++at) {
    const bool is_range = at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']';
    const char low = pattern[at];
    if (is_range) at += 2;
    has = has || (low <= c && c <= pattern[at]);
  }
  return at < pattern.size() ? Bracket{.length = at + 1, .has = has != inverted} : Bracket{};
}

// How much of `pattern` matches the one character `c`; 0 if it does not.
std::size_t step(std::string_view pattern, char c) {
  if (pattern.empty()) return 0;
  if (pattern.front() == '?') return 1;
  if (pattern.front() == '[') {
    const Bracket found = bracket(pattern, c);
    if (found.length > 0) return found.has ? found.length : 0;
  }
  return pattern.front() == c ? 1 : 0;
}

std::vector<std::string> next_level(const std::vector<std::string>& folders, const std::string& part,
                                    const Catalog& catalog) {
  std::vector<std::string> found;
  for (const std::string& folder : folders) {
    if (!is_pattern(part)) {
      found.push_back(folder + "/" + part);
      continue;
    }
    if (catalog.kind(folder.empty() ? "/" : folder) != Catalog::Kind::folder) continue;
    for (const std::string& name : catalog.list(folder.empty() ? "/" : folder)) {
      const bool hidden = name.starts_with(".") && !part.starts_with(".");
      if (!hidden && matches(part, name)) found.push_back(folder + "/" + name);
    }
  }
  return found;
}

}  // namespace

bool is_picture(const std::string& name) {
  static constexpr std::array<std::string_view, 7> kExtensions = {".png", ".jpg", ".jpeg", ".webp",
                                                                  ".bmp", ".tif", ".tiff"};
  std::string lower;
  for (const char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::any_of(kExtensions, [&](std::string_view end) { return lower.ends_with(end); });
}

bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      retry = n;
      continue;
    }
    const std::size_t length = p < pattern.size() ? step(pattern.substr(p), name[n]) : 0;
    if (length > 0) {
      p += length;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> glob_files(const std::string& pattern, const Catalog& catalog) {
  std::vector<std::string> found = {""};
  for (std::size_t at = 1; at <= pattern.size() && !found.empty();) {
    const std::size_t end = std::min(pattern.find('/', at), pattern.size());
    found = next_level(found, pattern.substr(at, end - at), catalog);
    at = end + 1;
  }
  std::erase_if(found, [&](const std::string& path) { return catalog.kind(path) != Catalog::Kind::file; });
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> glob(const std::string& pattern, const Catalog& catalog) {
  std::vector<std::string> found = glob_files(pattern, catalog);
  std::erase_if(found, [](const std::string& path) { return !is_picture(path); });
  return found;
}

}  // namespace pia::dsl::internal
