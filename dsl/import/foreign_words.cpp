// SPDX-License-Identifier: Apache-2.0
#include "dsl/import/foreign_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "dsl/internal/foreign_syntax.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/prompts.hpp"
#include "dsl/internal/template.hpp"

namespace pia::dsl::internal {
namespace {

// The language's word for AUTOMATIC1111's or AnimateDiff CLI's; empty if there is none.
std::string sampler_called(const std::string& name) {
  const bool is_short = name == "k_dpmpp";
  return meant_word(*find_key(Section::shot, "sampler"), is_short ? "k_dpmpp_2m" : name);
}

std::string why_left(const ForeignPiece& piece) {
  switch (piece.kind) {
    case Foreign::editing:
      return " is left out: no prompt changes in the middle of the steps here; " + in_quotes(piece.kept) +
             " stays";
    case Foreign::alternation:
      return " is left out: no prompt changes from step to step here; " + in_quotes(piece.kept) + " stays";
    case Foreign::composition:
      return " is left out: there is one prompt here; a comma stays";
    case Foreign::network:
      break;
  }
  return " is left out: there are no such networks here";
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && rest == text.data() + text.size() && std::isfinite(value);
  return is_number ? std::optional(value) : std::nullopt;
}

// "name", "name:0.8", or "name:0.5:0.8": the text encoder's weight first.
LoraTag tag_of(const std::string& inner) {
  const std::size_t first = inner.find(':');
  const std::size_t last = inner.rfind(':');
  LoraTag tag{.name = trimmed(inner.substr(0, first))};
  if (!tag.name.ends_with(".safetensors")) tag.name += ".safetensors";
  if (first == std::string::npos) return tag;
  tag.weight = number(inner.substr(last + 1)).value_or(1);
  if (last != first) tag.weight_te = number(inner.substr(first + 1, last - first - 1));
  return tag;
}

}  // namespace

std::optional<Motion> motion_of(std::int64_t index, RangeList list) {
  static constexpr std::array<const char*, 3> kMagnitudes = {"small", "moderate", "large"};
  static constexpr std::array<const char*, 3> kModes = {"animate", "loop", "style_transfer"};
  if (index < -9 || index > 8) return std::nullopt;
  const auto row = static_cast<std::size_t>(index < 0 ? index + 9 : index);
  const bool is_reversed = row >= 6 && list == RangeList::pia;
  return Motion{.mode = kModes.at(row / 3), .magnitude = kMagnitudes.at(is_reversed ? 8 - row : row % 3)};
}

void add_sampler(TomlBlock& block, const std::string& name, const Place& place, Complaints& notes) {
  const std::string ours = sampler_called(name);
  if (ours.empty()) {
    notes.warning(place, "there is no sampler " + in_quotes(name) + " here; ddim is used instead");
  } else if (ours != "ddim") {
    block.lines.push_back({.key = "sampler", .value = text_value(ours), .state = TomlLine::State::off});
    notes.warning(place, "the sampler " + in_quotes(name) + " is not rendered yet; ddim is used instead");
  }
}

std::string without_foreign(const std::string& prompt, const Place& place, Complaints& notes) {
  WithoutForeign read = without_foreign(prompt);
  Place at = place;
  std::size_t from = 0;
  for (const ForeignPiece& piece : read.pieces) {
    for (; from < piece.at; ++from) {
      const bool ends = prompt[from] == '\n';
      const bool goes_on = (static_cast<unsigned char>(prompt[from]) & 0xC0U) == 0x80U;
      at.line += ends ? 1 : 0;
      at.column = ends ? 1 : at.column + (goes_on ? 0 : 1);
    }
    notes.warning(at, in_quotes(piece.text) + why_left(piece));
  }
  return std::move(read.text);
}

WithoutLoras without_loras(const std::string& prompt) {
  static constexpr std::string_view kTag = "<lora:";
  static constexpr std::string_view kSpace = " \t\n";
  WithoutLoras out;
  std::size_t from = 0;
  char before = ',';
  for (std::size_t at = prompt.find(kTag); at != std::string::npos; at = prompt.find(kTag, from)) {
    const std::size_t end = prompt.find('>', at);
    if (end == std::string::npos) break;
    const std::string text = prompt.substr(from, at - from);
    out.text += text;
    from = end + 1;
    const std::string inner = prompt.substr(at + kTag.size(), end - at - kTag.size());
    out.loras.push_back(tag_of(inner));
    // Of the two commas around it one stays.
    const std::size_t last = text.find_last_not_of(kSpace);
    if (last != std::string::npos) before = text[last];
    const std::size_t next = prompt.find_first_not_of(kSpace, from);
    if (before == ',' && next != std::string::npos && prompt[next] == ',') from = next + 1;
  }
  out.text += prompt.substr(from);
  if (out.loras.empty()) return out;
  const std::size_t end = out.text.find_last_not_of(" ,\t\n");
  out.text = trimmed(std::string_view(out.text).substr(0, end == std::string::npos ? 0 : end + 1));
  return out;
}

std::string as_literal(const std::string& prompt) {
  if (is_prompt_id(prompt)) return " " + prompt;
  if (!is_template(prompt)) return prompt;
  std::string out;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    const bool is_underscore = prompt[i] == '_' && (prompt.compare(i + 1, 1, "_") == 0 || out.ends_with('_'));
    if (is_underscore || std::string_view("{}|").find(prompt[i]) != std::string_view::npos) out += '\\';
    out += prompt[i];
  }
  return out;
}

Value lora_value(const std::string& path, double weight) {
  Table table;
  table.push_back({.key = "path", .place = {}, .value = text_value(path)});
  table.push_back({.key = "weight", .place = {}, .value = {.data = weight, .place = {}}});
  return {.data = std::move(table), .place = {}};
}

List values_of(const std::vector<LoraTag>& loras) {
  List values;
  for (const LoraTag& tag : loras) {
    Value value = lora_value(tag.name, tag.weight);
    if (tag.weight_te) {
      Value weight{.data = *tag.weight_te, .place = {}};
      std::get<Table>(value.data).push_back({.key = "weight_te", .place = {}, .value = std::move(weight)});
    }
    values.push_back(std::move(value));
  }
  return values;
}

void add_loras(TomlBlock& block, const List& loras) {
  if (loras.empty()) return;
  block.lines.push_back({.key = "loras", .value = {.data = loras, .place = {}}});
}

std::optional<Value> seed_value(const Value& value) {
  if (const auto* given = get<std::int64_t>(value)) {
    return *given >= 0 ? std::optional(number_value(*given)) : std::nullopt;
  }
  const auto* text = get<std::string>(value);
  if (text == nullptr) return std::nullopt;
  std::uint64_t seed = 0;
  const auto [rest, error] = std::from_chars(text->data(), text->data() + text->size(), seed);
  if (text->empty() || error != std::errc() || rest != text->data() + text->size()) return std::nullopt;
  if (seed <= INT64_MAX) return number_value(static_cast<std::int64_t>(seed));
  return text_value(std::to_string(seed));
}

void add_number(TomlBlock& block, const NumberName& name, const Value& value, Complaints& notes) {
  const Key& key = *find_key(Section::shot, name.ours);
  const double number = real_of(&value).value_or(std::nan(""));
  const bool is_whole = whole_of(&value).has_value();
  const bool fits =
      number >= key.range.from && number <= key.range.to && (is_whole || key.type == Type::real);
  if (!fits) {
    notes.error(value.place, name.theirs + " = " + described(value) + " makes no sense as " + name.ours +
                                 "; it is left out");
    return;
  }
  Value line{.data = number, .place = {}};
  if (key.type == Type::whole) line.data = static_cast<std::int64_t>(number);
  if (to_text(line) != key.initial) block.lines.push_back({.key = name.ours, .value = std::move(line)});
}

std::optional<std::string> text_of(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* text = get<std::string>(*value)) return *text;
  const bool is_number = get<std::int64_t>(*value) != nullptr || get<double>(*value) != nullptr;
  return is_number ? std::optional(to_text(*value)) : std::nullopt;
}

std::optional<double> real_of(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* real = get<double>(*value)) return *real;
  if (const auto* whole = get<std::int64_t>(*value)) return static_cast<double>(*whole);
  const auto* text = get<std::string>(*value);
  return text == nullptr ? std::nullopt : number(*text);
}

std::optional<std::int64_t> whole_of(const Value* value) {
  const auto real = real_of(value);
  const bool is_whole = real && std::floor(*real) == *real && std::abs(*real) < 1e15;
  return is_whole ? std::optional(static_cast<std::int64_t>(*real)) : std::nullopt;
}

std::string path_from(const std::string& job_folder, const std::string& path) {
  namespace fs = std::filesystem;
  std::string whole = (fs::path(job_folder) / path).lexically_normal().string();
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  const std::string relative = fs::path(whole).lexically_relative(job_folder).string();
  const bool is_far = relative.empty() || relative.starts_with("../../..");
  return is_far ? whole : relative;
}

std::string trimmed(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kSpace) + 1 - first));
}

}  // namespace pia::dsl::internal
