// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/key_table.hpp"

#include <algorithm>
#include <array>

#include "dsl/diagnostic.hpp"

namespace pia::dsl::internal {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string plain_spelling(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    const bool is_capital = c >= 'A' && c <= 'Z';
    plain += c == ' ' || c == '-' ? '_' : is_capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain;
}

const Key* find_key(Section section, std::string_view name) {
  const auto keys = all_keys();
  const auto found = std::ranges::find_if(keys, [&](const Key& key) {
    return key.section == section && !name.empty() && (key.name == name || key.accepted == name);
  });
  return found == keys.end() ? nullptr : &*found;
}

bool takes_shot_key(Section section, std::string_view name) {
  switch (section) {
    case Section::shot:
    case Section::defaults:
    case Section::pair:
    case Section::addition:
    case Section::change:
      return true;
    case Section::grid:
      return name != "name";
    case Section::model:
      return !is_one_of(name, {"image", "model", "name"});
    case Section::image:
      return is_one_of(name, {"resize", "width", "height"});
    default:
      return false;
  }
}

std::vector<const Key*> keys_of(Section section) {
  std::vector<const Key*> keys;
  for (const Key& key : all_keys()) {
    const bool is_shot_key = key.section == Section::shot && takes_shot_key(section, key.name);
    if (key.section == section || is_shot_key) keys.push_back(&key);
  }
  return keys;
}

std::string_view section_title(Section section) {
  static constexpr std::array<std::string_view, 25> kTitles = {"a job file",
                                                               "[job]",
                                                               "[paths]",
                                                               "[output]",
                                                               "[models.ID]",
                                                               "[motions.ID]",
                                                               "[images.ID]",
                                                               "[defaults]",
                                                               "[[grid]]",
                                                               "[[shot]]",
                                                               "a site file",
                                                               "[slurm]",
                                                               "[worker]",
                                                               "[[override]]",
                                                               "a pair",
                                                               "include",
                                                               "set of [[override]]",
                                                               "[prompts.ID]",
                                                               "[loras.ID]",
                                                               "[train]",
                                                               "[optimizer]",
                                                               "[data]",
                                                               "[output] of a training",
                                                               "gallery of [output]",
                                                               "[quality]"};
  return kTitles[static_cast<std::size_t>(section)];
}

std::string meant_word(const Key& key, const std::string& text) {
  const std::string asked = plain_spelling(text);
  for (const std::string_view word : key.words()) {
    if (plain_spelling(word) == asked) return std::string(word);
  }
  for (const std::string& spelling : parts_of(key.spellings)) {
    const std::size_t equals = spelling.find('=');
    if (plain_spelling(spelling.substr(0, equals)) == asked) return spelling.substr(equals + 1);
  }
  return "";
}

bool is_of_trainings(Section section) {
  return section == Section::train || section == Section::optimizer || section == Section::data ||
         section == Section::train_output;
}

std::string home_of(std::string_view name, Section asked) {
  static constexpr std::initializer_list<Section> kOfRenders = {
      Section::job,  Section::paths,   Section::output,    Section::model,  Section::lora,
      Section::grid, Section::gallery, Section::overrides, Section::quality};
  static constexpr std::initializer_list<Section> kOfTrainings = {
      Section::train, Section::optimizer, Section::data, Section::train_output, Section::job, Section::paths};
  for (const Section section : is_of_trainings(asked) ? kOfTrainings : kOfRenders) {
    if (find_key(section, name) != nullptr) return std::string(section_title(section));
  }
  return "";
}

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('|'), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string key_of_other_name(Section section, const std::string& word) {
  const std::string asked = plain_spelling(word);
  for (const Key* key : keys_of(section)) {
    for (const std::string& other : parts_of(key->other_names)) {
      if (plain_spelling(other) == asked) return std::string(key->name);
    }
  }
  return "";
}

std::string meant_key(Section section, const std::string& word) {
  std::vector<std::string> names = {key_of_other_name(section, word)};
  if (!names.front().empty()) return names.front();
  for (const Key* key : keys_of(section)) names.emplace_back(key->name);
  return nearest(word, names);
}

}  // namespace pia::dsl::internal
