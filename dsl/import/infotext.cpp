// SPDX-License-Identifier: Apache-2.0
#include "dsl/import/infotext.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "dsl/import/foreign_words.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostParameters = 200;
constexpr std::size_t kFewestParameters = 3;

bool belongs_to_key(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_letter || c == '_' || c == ' ' || c == '-' || c == '/' || c == '(' || c == ')';
}

// Where the quoted value that begins at `at` ends, behind its quote; npos if it does not end.
std::size_t behind_quoted(std::string_view line, std::size_t at) {
  for (++at; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// "Steps: 20, Sampler: Euler a, Lora hashes: "a: 1, b: 2", ...".
std::vector<Parameter> parameters_in(std::string_view line, int number) {
  std::vector<Parameter> found;
  std::size_t at = 0;
  while (at < line.size() && found.size() < kMostParameters) {
    const std::size_t colon = line.find(':', at);
    if (colon == std::string_view::npos) break;
    const std::string key = trimmed(line.substr(at, colon - at));
    const bool is_key = !key.empty() && std::ranges::all_of(key, belongs_to_key);
    std::size_t from = line.find_first_not_of(' ', colon + 1);
    if (from == std::string_view::npos) from = line.size();
    const std::size_t quoted_end =
        from < line.size() && line[from] == '"' ? behind_quoted(line, from) : std::string_view::npos;
    const std::size_t end =
        std::min(line.find(',', quoted_end == std::string_view::npos ? from : quoted_end), line.size());
    if (is_key) {
      found.push_back(
          {.key = key, .value = unquoted(trimmed(line.substr(from, end - from))), .line = number});
    }
    at = end + 1;
  }
  return found;
}

void append(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

}  // namespace

Infotext parse_infotext(const std::string& text) {
  static constexpr std::string_view kNegative = "Negative prompt:";
  std::vector<std::string> lines;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(trimmed(std::string_view(text).substr(from, end - from)));
    from = end + 1;
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  Infotext infotext;
  if (lines.empty()) return infotext;
  infotext.parameters = parameters_in(lines.back(), static_cast<int>(lines.size()));
  if (infotext.parameters.size() < kFewestParameters) {
    infotext.parameters.clear();
  } else {
    lines.pop_back();
  }
  bool is_negative = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (line.starts_with(kNegative)) {
      if (!is_negative) infotext.negative_line = static_cast<int>(i) + 1;
      is_negative = true;
      line.remove_prefix(kNegative.size());
      if (line.starts_with(' ')) line.remove_prefix(1);
    }
    append(is_negative ? infotext.negative_prompt : infotext.prompt, line);
  }
  infotext.prompt = trimmed(infotext.prompt);
  infotext.negative_prompt = trimmed(infotext.negative_prompt);
  return infotext;
}

const Parameter* find_parameter(const Infotext& infotext, const std::string& key) {
  const auto found = std::ranges::find(infotext.parameters, key, &Parameter::key);
  return found == infotext.parameters.end() ? nullptr : &*found;
}

}  // namespace pia::dsl::internal
