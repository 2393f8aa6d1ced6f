// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/sets.hpp"

#include <algorithm>
#include <optional>

#include "dsl/internal/check_value.hpp"
#include "dsl/internal/peer_words.hpp"
#include "dsl/internal/read.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

struct Assignment {
  std::vector<std::string> key;
  Value value;
};

std::optional<Assignment> assignment(const std::string& text, const Place& place) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || first_bad_utf8(text) != std::string::npos) return std::nullopt;
  const auto key = read_key(text.substr(0, equals));
  if (!key) return std::nullopt;
  return Assignment{.key = *key, .value = read_value(text.substr(equals + 1), place)};
}

Place place_of(std::size_t index) {
  return {.set = static_cast<int>(index) + 1};
}

Value& child(Table& table, const std::string& key, const Place& place) {
  const auto found = std::ranges::find(table, key, &Entry::key);
  if (found != table.end()) return found->value;
  table.push_back({.key = key, .place = place, .value = {.data = Table{}, .place = place}});
  return table.back().value;
}

bool is_list_of_blocks(const std::string& key) {
  return key == "shot" || key == "grid";
}

void put(Table& toml, const Assignment& assignment, Complaints& complaints) {
  const Place& place = assignment.value.place;
  if (is_list_of_blocks(assignment.key.front())) {
    complaints.error(place, "--set can't reach into one [[" + assignment.key.front() +
                                "]]; a bare key, such as steps=10, holds for every shot");
    return;
  }
  Table* table = &toml;
  for (std::size_t i = 0; i + 1 < assignment.key.size(); ++i) {
    Value& next = child(*table, assignment.key[i], place);
    table = std::get_if<Table>(&next.data);
    if (table == nullptr) {
      complaints.error(place, in_quotes(assignment.key[i]) + " is not a table, so nothing can be set in it");
      return;
    }
  }
  child(*table, assignment.key.back(), place) = assignment.value;
}

// The last word on a key; keyframes add up to one travel.
void lay(const Assignment& given, Value& value) {
  if (given.key.size() == 1) {
    value = given.value;
    return;
  }
  if (get<Table>(value) == nullptr) value = {.data = Table{}, .place = given.value.place};
  child(std::get<Table>(value.data), given.key.back(), given.value.place) = given.value;
}

// A prompt with keyframes is a shot key although its --set has a dot.
bool is_travel(const Assignment& assignment) {
  const Key* key = find_key(Section::shot, assignment.key.front());
  return key != nullptr && find_key(Section::top, assignment.key.front()) == nullptr;
}

}  // namespace

void edit(Table& toml, const std::vector<std::string>& sets, Complaints& complaints) {
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto given = assignment(sets[i], place_of(i));
    if (!given) {
      complaints.error(place_of(i),
                       "this is not key=value in UTF-8; write --set steps=10 or --set paths.models=/data");
    } else if (given->key.size() > 1 && !is_travel(*given)) {
      put(toml, *given, complaints);
    }
  }
}

Settings bind_sets(const std::vector<std::string>& sets, Complaints& complaints) {
  Settings given_values;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const Place place = place_of(i);
    const auto given = assignment(sets[i], place);
    if (!given || (given->key.size() > 1 && !is_travel(*given))) continue;
    const std::string& name = given->key.front();
    const Key* key = find_key(Section::shot, name);
    if (key == nullptr) {
      const bool is_known = !meant_key(Section::shot, name).empty() || !said_otherwise(name).empty();
      complaints.error(place, "unknown shot key " + in_quotes(name) +
                                  (is_known ? way_out(Section::shot, name)
                                            : "; other keys are set with their table: --set job.seed=7"));
    } else if (given->key.size() > 1 && (key->type != Type::prompt || given->key.size() > 2)) {
      complaints.error(place, in_quotes(name) + " takes no dotted key; write --set " + name + "=...");
    } else {
      lay(*given, given_values[std::string(key->name)]);
    }
  }
  Settings settings;
  for (const auto& [name, value] : given_values) {
    settings[name] = checked(*find_key(Section::shot, name), name, value, complaints);
  }
  return settings;
}

}  // namespace pia::dsl::internal
