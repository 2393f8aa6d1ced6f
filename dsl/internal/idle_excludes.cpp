// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/idle_excludes.hpp"

#include <algorithm>
#include <set>

#include "dsl/internal/find_file.hpp"
#include "dsl/internal/match.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostListed = 5;
// Values of axes that are looked at for what was meant, so that thousands of excludes take no minutes.
constexpr std::size_t kMostLookedAt = 100000;

// What an axis calls its values.
const List& called(const Axis& axis) {
  return axis.written.empty() ? axis.values : axis.written;
}

// A file as an exclude may call it: without its folder, a picture also without its extension.
std::string short_name(const std::string& key, const std::string& path) {
  const std::string name = key == "image" ? stem_of(path) : path.substr(path.rfind('/') + 1);
  return name.empty() ? path : name;
}

std::vector<std::string> texts_of(const Axis& axis) {
  std::vector<std::string> texts;
  for (const Value& value : called(axis)) {
    if (const auto* text = get<std::string>(value)) texts.push_back(*text);
  }
  return texts;
}

// The texts of an axis by the shortest names that tell them apart.
std::vector<std::string> names_of(const Axis& axis) {
  std::vector<std::string> texts = texts_of(axis);
  if (find_key(Section::shot, axis.key)->type != Type::path) return texts;
  std::vector<std::string> names;
  for (const std::string& text : texts) names.push_back(short_name(axis.key, text));
  const bool are_clear = std::set<std::string>(names.begin(), names.end()).size() == names.size();
  return are_clear ? names : texts;
}

// At most 40 characters of it.
std::string cut(const std::string& text) {
  constexpr std::size_t kMostCharacters = 40;
  std::size_t end = 0;
  std::size_t characters = 0;
  for (; end < text.size(); ++end) {
    const bool is_start = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    if (is_start && ++characters > kMostCharacters) break;
  }
  return in_quotes(text.substr(0, end) + (end < text.size() ? "…" : ""));
}

// "; it has 10, 20 and 3 more", of texts or else of numbers.
std::string what_it_has(const Axis& axis, const std::vector<std::string>& names) {
  std::vector<std::string> listed;
  for (const std::string& name : names) {
    if (listed.size() < kMostListed) listed.push_back(cut(name));
  }
  for (const Value& value : called(axis)) {
    const bool is_plain = get<std::int64_t>(value) != nullptr || get<double>(value) != nullptr;
    if (is_plain && listed.size() < kMostListed) listed.push_back(to_text(value));
  }
  if (listed.empty()) return "";
  std::string sentence;
  for (const std::string& one : listed) sentence += (sentence.empty() ? "; it has " : ", ") + one;
  const std::size_t more = called(axis).size() - listed.size();
  return sentence + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

// The pattern by which `word` would fit the names that it is a part of; empty if there are none.
std::string pattern_of_part(const std::string& word, const std::vector<std::string>& names) {
  bool is_any = false;
  bool begins = true;
  bool ends = true;
  for (const std::string& name : names) {
    if (name.find(word) == std::string::npos) continue;
    is_any = true;
    begins = begins && name.starts_with(word);
    ends = ends && name.ends_with(word);
  }
  if (!is_any || word.empty() || is_pattern(word)) return "";
  return begins ? word + "*" : ends ? "*" + word : "*" + word + "*";
}

std::string what_is_meant(const Axis& axis, const std::string& asked, std::vector<std::string> names) {
  const Type type = find_key(Section::shot, axis.key)->type;
  const bool has_parts = type == Type::path || type == Type::prompt;
  const std::string pattern = has_parts ? pattern_of_part(asked, names) : "";
  if (!pattern.empty()) {
    return "; write " + in_quotes(pattern) + " for a part of a " + (type == Type::path ? "name" : "prompt");
  }
  const std::vector<std::string> texts = texts_of(axis);
  names.insert(names.end(), texts.begin(), texts.end());
  return hint(asked, names);
}

// Which axis has no value that a condition of the exclude fits; nullptr if all have.
const Axis* axis_without(const Block& block, const Condition& condition) {
  const auto found = std::ranges::find(block.axes, condition.key, &Axis::key);
  if (found == block.axes.end() || condition.wanted.empty()) return nullptr;
  const auto fits_it = [&](const Value& value) { return fits(condition, value); };
  return std::ranges::any_of(called(*found), fits_it) ? nullptr : &*found;
}

// Why an exclude matches nothing, if one axis is why. Counts what it looked at.
std::string why_idle(const Block& block, const Match& exclude, std::size_t& looked_at) {
  for (const Condition& condition : exclude.conditions) {
    const Axis* axis = axis_without(block, condition);
    if (axis == nullptr) continue;
    const Value& wanted = condition.wanted.front();
    const std::string why = ": axes." + axis->key + " has no " + described(wanted);
    looked_at += called(*axis).size();
    if (looked_at > kMostLookedAt) return why;
    const std::vector<std::string> names = names_of(*axis);
    const auto* asked = get<std::string>(wanted);
    return why + what_it_has(*axis, names) + (asked == nullptr ? "" : what_is_meant(*axis, *asked, names));
  }
  return "";
}

}  // namespace

void warn_of_idle(const std::vector<IdleExclude>& excludes, Complaints& complaints) {
  std::size_t looked_at = 0;
  for (const auto& [block, number] : excludes) {
    const Match& exclude = block->excludes[number];
    if (is_doubted(exclude, complaints)) continue;
    complaints.warning(exclude.place, "exclude #" + std::to_string(number + 1) + " " + exclude.shown +
                                          " matches no combination" + why_idle(*block, exclude, looked_at));
  }
}

}  // namespace pia::dsl::internal
