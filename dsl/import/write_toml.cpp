// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "dsl/import/imported_job.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kLongestList = 90;

std::string quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += {kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml(const Value& value);

std::string listed(const List& list, const std::string& between) {
  std::string text;
  for (const Value& item : list) text += (text.empty() ? "" : between) + toml(item);
  return text;
}

std::string toml(const Value& value) {
  if (const auto* text = get<std::string>(value)) return quoted(*text);
  if (const auto* list = get<List>(value)) return "[" + listed(*list, ", ") + "]";
  const auto* table = get<Table>(value);
  if (table == nullptr) return to_text(value);
  std::string text;
  for (const Entry& entry : *table)
    text += (text.empty() ? "" : ", ") + entry.key + " = " + toml(entry.value);
  return "{ " + text + " }";
}

// Long lists an item a line; tables in a list as well, since they may hold prompts.
std::string laid_out(const Value& value) {
  const std::string line = toml(value);
  const auto* list = get<List>(value);
  if (list == nullptr || line.size() <= kLongestList) return line;
  return "[\n  " + listed(*list, ",\n  ") + ",\n]";
}

// What others wrote stays on the comment's line.
std::string in_comment(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

std::string written(const TomlLine& line) {
  const bool is_off = line.state == TomlLine::State::off;
  std::string text =
      (is_off ? "# " : "") + line.key + " = " + (is_off ? toml(line.value) : laid_out(line.value));
  if (!line.comment.empty()) text += "  # " + in_comment(line.comment);
  return text + "\n";
}

std::string written(const TomlBlock& block) {
  if (block.lines.empty()) return "";
  std::string text = "\n" + block.header + "\n";
  for (const TomlLine& line : block.lines) text += written(line);
  return text;
}

bool has(const TomlBlock& block, const std::string& line) {
  return std::ranges::any_of(block.lines, [&](const TomlLine& other) { return written(other) == line; });
}

}  // namespace

void gather_defaults(ImportedJob& job) {
  const bool are_shots =
      std::ranges::all_of(job.shots, [](const TomlBlock& block) { return block.header == "[[shot]]"; });
  if (job.shots.size() < 2 || !are_shots) return;
  std::vector<TomlLine> shared;
  for (const TomlLine& line : job.shots.front().lines) {
    const std::string text = written(line);
    if (std::ranges::all_of(job.shots, [&](const TomlBlock& block) { return has(block, text); })) {
      shared.push_back(line);
    }
  }
  for (const TomlLine& line : shared) {
    const std::string text = written(line);
    for (TomlBlock& block : job.shots) {
      std::erase_if(block.lines, [&](const TomlLine& other) { return written(other) == text; });
    }
    job.defaults.lines.push_back(line);
  }
}

std::string to_toml(const ImportedJob& job) {
  std::string text;
  for (const std::string& line : job.title) text += "# " + in_comment(line) + "\n";
  text += "\nformat = 1\n\n[job]\nname = " + quoted(job.name) + "\n" + written(job.defaults);
  for (const TomlBlock& block : job.shots) {
    text += block.lines.empty() ? "\n" + block.header + "\n" : written(block);
  }
  return text + written(job.output);
}

}  // namespace pia::dsl::internal
