// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/bind_grid.hpp"

#include <algorithm>
#include <array>

#include "dsl/internal/bind.hpp"
#include "dsl/internal/check_value.hpp"

namespace pia::dsl::internal {
namespace {

bool looks_like_range(const Value& value) {
  const auto* text = get<std::string>(value);
  return text != nullptr && !text->empty() &&
         text->find_first_not_of("0123456789-+.()[] ") == std::string::npos &&
         text->find('-', 1) != std::string::npos;
}

bool is_several_autos(const Value& value) {
  const auto* text = get<std::string>(value);
  return text != nullptr && text->starts_with("auto x");
}

// One value stands for a list of one only for a picture, where it may be a pattern.
const List* values_of(const Key& key, const Value& value, List& one, Complaints& complaints) {
  const std::string label = "axes." + std::string(key.name);
  if (const auto* list = get<List>(value)) {
    if (!list->empty()) return list;
    complaints.error(value.place, label + " is an empty list; give it values or leave it out");
    return nullptr;
  }
  if (is_several_autos(value)) {
    complaints.error(value.place,
                     label + " = " + described(value) + " is not yet built; write a list of numbers");
  } else if (looks_like_range(value) && key.type != Type::path && key.type != Type::prompt) {
    complaints.error(value.place,
                     label + " = " + described(value) +
                         ": ranges in a string are not yet built; write a list such as [1000, 1001]");
  } else if (key.name == "image" && get<std::string>(value) != nullptr) {
    one = {value};
    return &one;
  } else {
    complaints.error(value.place, label + " must be a list, not " + described(value) +
                                      "; put it in [ ], or give the grid the key " + in_quotes(key.name) +
                                      " without axes");
  }
  return nullptr;
}

void bind_axis(const Entry& entry, Block& grid, Complaints& complaints) {
  const Key* key = find_key(Section::shot, entry.key);
  const bool fits = key != nullptr && key->name != "name" && key->name != "tags" && key->name != "priority";
  if (!fits) {
    const std::string meant = key == nullptr ? meant_key(Section::shot, entry.key) : "";
    complaints.error(entry.place, (key == nullptr ? "unknown axis " : "no axis can be ") +
                                      in_quotes(entry.key) +
                                      (meant.empty() ? "" : "; did you mean " + in_quotes(meant) + "?"));
    return;
  }
  if (key->state == State::not_yet) {
    complaints.error(entry.place, in_quotes(entry.key) + " is not yet built; leave it out");
    return;
  }
  const std::string name(key->name);
  const auto same = [&](const Axis& axis) { return axis.key == name; };
  if (grid.settings.contains(name) || std::ranges::any_of(grid.axes, same)) {
    complaints.error(entry.place, in_quotes(name) + " is a key of the grid and an axis; leave one out");
    return;
  }
  List one;
  const List* values = values_of(*key, entry.value, one, complaints);
  Axis axis{.key = name, .place = entry.place};
  if (values == nullptr) axis.values.push_back({.data = Broken{}, .place = entry.value.place});
  for (const Value& value : values == nullptr ? List{} : *values) {
    axis.values.push_back(checked(*key, "axes." + name, value, complaints));
  }
  grid.axes.push_back(std::move(axis));
}

std::size_t rank(const Axis& axis) {
  static constexpr std::array<std::string_view, 4> kFirst = {"image", "model", "motion", "prompt"};
  return static_cast<std::size_t>(std::ranges::find(kFirst, axis.key) - kFirst.begin());
}

}  // namespace

Block bind_grid(const Place& place, const Table& toml, const GridDefaults& defaults, Complaints& complaints) {
  Block grid{.section = Section::grid, .place = place, .grid = defaults.name, .limit = defaults.limit};
  grid.settings = bind_section(Section::grid, toml, complaints, {"axes"});
  const auto own = [&](const char* name) {
    const auto found = grid.settings.find(name);
    if (found == grid.settings.end()) return Value{};
    const Value value = found->second;
    grid.settings.erase(found);
    return value;
  };
  if (const Value name = own("name"); get<std::string>(name) != nullptr) grid.grid = *get<std::string>(name);
  if (const Value limit = own("limit"); get<std::int64_t>(limit) != nullptr)
    grid.limit = *get<std::int64_t>(limit);
  const Value* axes = find(toml, "axes");
  if (axes == nullptr) {
    complaints.error(place, "this [[grid]] has no axes; write axes.seed = [...] or make it a [[shot]]");
    return grid;
  }
  const Table* table = bind_table("axes", *axes, complaints);
  for (const Entry& entry : table == nullptr ? Table{} : *table) bind_axis(entry, grid, complaints);
  std::ranges::stable_sort(grid.axes, {}, rank);
  return grid;
}

}  // namespace pia::dsl::internal
