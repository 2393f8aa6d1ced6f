// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/foreign_travel.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "dsl/internal/travel.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostShown = 6;

struct Keyframe {
  std::string name;
  std::string text;
};

struct Lines {
  std::vector<Keyframe> keyframes = {};
  std::string first = {};
  std::string head = {};
  std::string tail = {};
};

std::string_view trimmed(std::string_view text, std::string_view edge = " \t\r") {
  const std::size_t first = text.find_first_not_of(edge);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(edge) + 1 - first);
}

std::string_view without_quotes(std::string_view text) {
  if (!text.starts_with('"')) return text;
  text = trimmed(text, " \t\r,");
  const bool is_quoted = text.size() > 1 && text.ends_with('"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

// `8: summer`, `"8": "summer",`. No ratio such as 16:9: behind the colon stands no digit.
std::optional<Keyframe> keyframe_in(std::string_view line) {
  line = trimmed(line);
  const bool is_quoted = line.starts_with('"');
  if (is_quoted) line.remove_prefix(1);
  const std::size_t end = line.find_first_not_of("-.0123456789%:");
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  std::string_view name = line.substr(0, end);
  std::string_view rest = line.substr(end);
  if (is_quoted && !rest.starts_with('"')) return std::nullopt;
  if (is_quoted) rest.remove_prefix(1);
  rest = trimmed(rest);
  const bool has_colon_within = !is_quoted && name.ends_with(':');
  if (!has_colon_within && !rest.starts_with(':')) return std::nullopt;
  (has_colon_within ? name.remove_suffix(1) : rest.remove_prefix(1));
  const std::string_view text = without_quotes(trimmed(rest));
  if (text.empty() || !keyframe_name(std::string(name))) return std::nullopt;
  return Keyframe{.name = std::string(name), .text = std::string(text)};
}

void join(std::string& all, std::string_view line) {
  line = trimmed(line, " \t\r,");
  if (!line.empty()) all += (all.empty() ? "" : ", ") + std::string(line);
}

void add(Lines& lines, std::string_view line) {
  auto keyframe = keyframe_in(line);
  if (!keyframe) return join(lines.keyframes.empty() ? lines.head : lines.tail, line);
  if (lines.keyframes.empty()) lines.first = trimmed(line);
  lines.keyframes.push_back(std::move(*keyframe));
}

// A bare key of TOML, or one in quotes.
std::string as_key(const std::string& name) {
  return name.find_first_not_of("-0123456789") == std::string::npos ? name : in_quotes(name);
}

// Where a clip ends is frame 16 of 16 for many: it is taken for one, though no keyframe can be there.
bool rises_within(const Lines& lines, int frames) {
  int last = -1;
  for (const Keyframe& keyframe : lines.keyframes) {
    const auto answer = span_of(*keyframe_name(keyframe.name), frames + 1);
    const auto* span = std::get_if<Span>(&answer);
    if (span == nullptr || span->first <= last) return false;
    last = span->last;
  }
  return true;
}

bool has_name_twice(const Lines& lines) {
  std::set<std::string> names;
  return std::ranges::any_of(lines.keyframes,
                             [&](const Keyframe& keyframe) { return !names.insert(keyframe.name).second; });
}

std::optional<ForeignTravel> written(const std::string& key, const Lines& lines) {
  if (lines.keyframes.size() < 2) return std::nullopt;
  std::string text;
  const auto put = [&](const std::string& name, const std::string& value) {
    text += (text.empty() ? "" : ", ") + name + " = " + in_quotes(value);
  };
  if (!lines.head.empty()) put("head", lines.head);
  for (std::size_t i = 0; i < std::min(lines.keyframes.size(), kMostShown); ++i) {
    put(as_key(lines.keyframes[i].name), lines.keyframes[i].text);
  }
  if (lines.keyframes.size() > kMostShown) text += ", ...";
  if (!lines.tail.empty()) put("tail", lines.tail);
  return ForeignTravel{.first = lines.first, .written = key + " = { " + text + " }"};
}

// [8, "summer"], ["8", "summer"], "8: summer".
std::optional<Keyframe> keyframe_of(const Value& entry) {
  if (const auto* line = get<std::string>(entry)) return keyframe_in(*line);
  const auto* pair = get<List>(entry);
  if (pair == nullptr || pair->size() != 2) return std::nullopt;
  const auto* quoted = get<std::string>(pair->front());
  const auto* text = get<std::string>(pair->back());
  const std::string name = quoted != nullptr ? *quoted : to_text(pair->front());
  if (text == nullptr || !keyframe_name(name)) return std::nullopt;
  return Keyframe{.name = name, .text = *text};
}

}  // namespace

std::optional<ForeignTravel> travel_in_lines(const std::string& key, const std::string& text, int frames) {
  if (text.find('\n') == std::string::npos) return std::nullopt;
  Lines lines;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    add(lines, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return rises_within(lines, frames) ? written(key, lines) : std::nullopt;
}

std::optional<ForeignTravel> travel_in_list(const std::string& key, const List& list) {
  Lines lines;
  for (const Value& entry : list) {
    auto keyframe = keyframe_of(entry);
    if (!keyframe) return std::nullopt;
    if (lines.keyframes.empty()) lines.first = to_text(entry);
    lines.keyframes.push_back(std::move(*keyframe));
  }
  return has_name_twice(lines) ? std::nullopt : written(key, lines);
}

}  // namespace pia::dsl::internal
