// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/value.hpp"

#include <algorithm>

#include "jobs/core/number.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostShown = 60;

std::string escaped(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      out += c;
    }
  }
  return out;
}

template <class Items, class Format>
std::string joined(const Items& items, Format format) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + format(item);
  return text;
}

struct Text {
  std::string operator()(Broken) const { return "?"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    const std::string text = jobs::number_text(value);
    return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
  }
  std::string operator()(const std::string& value) const { return "\"" + escaped(value) + "\""; }
  std::string operator()(Moment) const { return "a date or time"; }
  std::string operator()(const List& value) const { return "[" + joined(value, to_text) + "]"; }
  std::string operator()(const Table& value) const {
    return "{ " + joined(value, [](const Entry& e) { return e.key + " = " + to_text(e.value); }) + " }";
  }
};

}  // namespace

const Value* find(const Table& table, std::string_view key) {
  const auto found = std::ranges::find(table, key, &Entry::key);
  return found == table.end() ? nullptr : &found->value;
}

std::string to_text(const Value& value) {
  return std::visit(Text{}, value.data);
}

std::string described(const Value& value) {
  if (get<List>(value) != nullptr) return "a list";
  if (get<Table>(value) != nullptr) return "a table";
  if (const auto* text = get<std::string>(value)) return in_quotes(*text);
  return to_text(value);
}

std::string in_quotes(std::string_view text) {
  std::size_t end = std::min(text.size(), kMostShown);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "\"" + escaped(text.substr(0, end)) + (end < text.size() ? "…\"" : "\"");
}

std::size_t offset_of(std::string_view text, const Place& place) {
  std::size_t at = 0;
  for (int line = 1; line < place.line; ++line) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  for (int column = 1; column < place.column && at < text.size(); ++column) {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  }
  return at;
}

}  // namespace pia::dsl::internal
