// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/names.hpp"

#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

bool stays(char32_t c) {
  if (c < 0x80 && (c == U'_' || c == U'.')) return true;
  const Class what = class_of(c);
  return what == Class::letter || what == Class::number;
}

bool is_edge(char c) {
  return c == '-' || c == '.';
}

}  // namespace

std::string slug(std::string_view text, std::size_t most) {
  std::string out;
  for (const char32_t c : from_utf8(text)) {
    const std::string next = stays(c) ? to_utf8({&c, 1}) : "-";
    if (out.size() + next.size() > most) break;
    const bool repeats = !out.empty() && is_edge(next.front()) && is_edge(out.back());
    const bool begins = out.empty() && is_edge(next.front());
    if (!repeats && !begins) out += next;
  }
  while (!out.empty() && is_edge(out.back())) out.pop_back();
  return out.empty() ? "none" : out;
}

}  // namespace pia::dsl::internal
