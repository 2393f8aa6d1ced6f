// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/bind_grid.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "dsl/internal/bind.hpp"
#include "dsl/internal/check_value.hpp"
#include "dsl/internal/match.hpp"
#include "dsl/internal/peer_words.hpp"
#include "dsl/internal/ranges.hpp"

namespace pia::dsl::internal {
namespace {

// One value stands for a list of one only for a picture, where it may be a pattern; a string of numbers is a
// range.
std::optional<List> values_of(const Key& key, const Value& value, Complaints& complaints) {
  const std::string label = "axes." + std::string(key.name);
  if (const auto* list = get<List>(value)) {
    if (!list->empty()) return *list;
    complaints.error(value.place, label + " is an empty list; give it values or leave it out");
    return std::nullopt;
  }
  const bool is_text = get<std::string>(value) != nullptr;
  if (is_text && takes_ranges(key)) return range_of(key, label, value, complaints);
  if (is_text && key.name == "image") return List{value};
  complaints.error(value.place, label + " must be a list, not " + described(value) +
                                    "; put it in [ ], or give the grid the key " + in_quotes(key.name) +
                                    " without axes");
  return std::nullopt;
}

bool is_paired(const Block& grid, const std::string& key) {
  return std::ranges::any_of(grid.pairs, [&](const Bundle& pair) { return pair.settings.contains(key); });
}

// A header [grid.axes] takes all lines below it, which few expect who write one.
bool is_key_of_grid(const std::string& key) {
  return find_key(Section::grid, key) != nullptr || key == "pairs" || key == "exclude" || key == "include";
}

std::string unknown_axis(const std::string& key) {
  const std::string unknown = "unknown axis " + in_quotes(key);
  if (is_key_of_grid(key)) {
    return unknown +
           "; it is a key of [[grid]]: write it above [grid.axes], or the axes as axes.steps = [...]";
  }
  return unknown + way_out(Section::shot, key);
}

void bind_axis(const Entry& entry, Block& grid, Complaints& complaints) {
  const Key* key = find_key(Section::shot, entry.key);
  const bool fits = key != nullptr && key->name != "name" && key->name != "tags" && key->name != "priority";
  if (!fits) {
    complaints.error(entry.place,
                     key == nullptr ? unknown_axis(entry.key) : "no axis can be " + in_quotes(entry.key));
    return complaints.doubt(meant_key(Section::shot, entry.key));
  }
  const std::string name(key->name);
  const auto same = [&](const Axis& axis) { return axis.key == name; };
  const bool paired = is_paired(grid, name);
  const auto own = grid.settings.find(name);
  const bool is_own = own != grid.settings.end() && !is_broken(own->second);  // else it was told
  if (paired || is_own || std::ranges::any_of(grid.axes, same)) {
    complaints.error(entry.place, in_quotes(name) + " is a key of " + (paired ? "its pairs" : "the grid") +
                                      " and an axis; leave one out");
    return;
  }
  const auto values = values_of(*key, entry.value, complaints);
  Axis axis{.key = name, .place = entry.place};
  if (!values) axis.values.push_back({.data = Broken{}, .place = entry.value.place});
  for (const Value& value : values.value_or(List{})) {
    axis.values.push_back(checked(*key, "axes." + name, value, complaints));
  }
  if (std::ranges::any_of(axis.values, is_broken)) complaints.doubt(name);
  grid.axes.push_back(std::move(axis));
}

void stand_in_for_axes(const Table& axes, Block& grid) {
  Settings settings;
  stand_in(Section::shot, axes, settings);
  for (auto& [key, value] : settings) {
    const bool is_axis =
        std::ranges::any_of(grid.axes, [&, name = key](const Axis& axis) { return axis.key == name; });
    if (!is_axis && !is_paired(grid, key)) grid.settings.try_emplace(key, value);
  }
}

// What axes and pairs by another name would have given.
void stand_in_for_misspelt(const Table& toml, Block& grid, Complaints& complaints) {
  for (const Entry& entry : toml) {
    if (!are_axes_misspelt(entry)) continue;
    if (const auto* table = get<Table>(entry.value)) stand_in_for_lost(*table, grid.settings, complaints);
    const auto* list = get<List>(entry.value);
    for (const Value& value : list == nullptr ? List{} : *list) {
      if (const auto* pair = get<Table>(value)) stand_in_for_lost(*pair, grid.settings, complaints);
    }
  }
}

std::size_t rank(const Axis& axis) {
  static constexpr std::array<std::string_view, 4> kFirst = {"image", "model", "motion", "prompt"};
  return static_cast<std::size_t>(std::ranges::find(kFirst, axis.key) - kFirst.begin());
}

// The tables of pairs, exclude or include; nothing after a complaint.
List tables_of(const Table& toml, const std::string& key, Complaints& complaints) {
  const Value* value = find(toml, key);
  if (value == nullptr || is_broken(*value)) return {};
  const auto* list = get<List>(*value);
  if (list != nullptr && !list->empty()) return *list;
  complaints.error(value->place,
                   key + (list == nullptr ? " must be a list of tables, such as" : " is empty; write") +
                       " [{ model = \"...\", seed = 7 }]" +
                       (list == nullptr ? ", not " + described(*value) : ""));
  return {};
}

std::vector<Bundle> bind_bundles(Section section, const List& tables, Complaints& complaints) {
  std::vector<Bundle> bundles;
  for (const Value& value : tables) {
    const Table* table = bind_table(std::string(section_title(section)), value, complaints);
    if (table == nullptr) continue;
    bundles.push_back({.place = value.place, .settings = bind_section(section, *table, complaints)});
    if (table->empty()) complaints.error(value.place, "{ } is empty; give it keys or leave it out");
  }
  return bundles;
}

// A grid's own keys, which are not its shots'.
void take_own(Block& grid) {
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
  if (const Value sample = own("sample"); get<std::int64_t>(sample) != nullptr)
    grid.sample = *get<std::int64_t>(sample);
  if (const Value how = own("expand"); get<std::string>(how) != nullptr) grid.expand = *get<std::string>(how);
}

}  // namespace

Block bind_grid(const Place& place, const Table& toml, const GridDefaults& defaults, Complaints& complaints) {
  Block grid{.section = Section::grid, .place = place, .grid = defaults.name, .limit = defaults.limit};
  grid.settings = bind_section(Section::grid, toml, complaints, {"axes", "pairs", "exclude", "include"});
  take_own(grid);
  grid.pairs = bind_bundles(Section::pair, tables_of(toml, "pairs", complaints), complaints);
  grid.includes = bind_bundles(Section::addition, tables_of(toml, "include", complaints), complaints);
  for (const Value& value : tables_of(toml, "exclude", complaints)) {
    grid.excludes.push_back(bind_match({.title = "exclude"}, value, complaints));
  }
  const Value* axes = find(toml, "axes");
  const bool needs_axes = axes == nullptr && find(toml, "pairs") == nullptr && grid.expand != "all";
  if (needs_axes && std::ranges::none_of(toml, is_axis_by_mistake)) {
    complaints.error(place, "this [[grid]] has no axes; write axes.seed = [...] or make it a [[shot]]");
  }
  const Table* table = axes == nullptr ? nullptr : bind_table("axes", *axes, complaints);
  for (const Entry& entry : table == nullptr ? Table{} : *table) bind_axis(entry, grid, complaints);
  if (table != nullptr) stand_in_for_axes(*table, grid);
  stand_in_for_misspelt(toml, grid, complaints);
  std::ranges::stable_sort(grid.axes, {}, rank);
  return grid;
}

}  // namespace pia::dsl::internal
