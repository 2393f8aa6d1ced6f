// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/bind_override.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "dsl/internal/bind.hpp"
#include "dsl/internal/match.hpp"
#include "dsl/internal/peer_words.hpp"

namespace pia::dsl::internal {
namespace {

// What an entry of an [[override]] is or probably means, worked out once: a file may have thousands.
struct Piece {
  const Entry* entry = nullptr;
  std::string own;     // match or set
  std::string beside;  // a key of shots, or id, which belongs in one of these
};

Piece piece_of(const Entry& entry) {
  const std::string& name = entry.key;
  if (const Key* own = find_key(Section::overrides, name)) return {&entry, std::string(own->name), ""};
  if (name == "id") return {&entry, "", name};
  if (const Key* key = find_key(Section::shot, name)) return {&entry, "", std::string(key->name)};
  if (const std::string own = meant_key(Section::overrides, name); !own.empty()) return {&entry, own, ""};
  const std::string other = key_of_other_name(Section::shot, name);
  const bool is_open = other.empty() && said_otherwise(name).empty();
  return {&entry, "", is_open ? meant_key(Section::shot, name) : other};
}

using Pieces = std::vector<Piece>;

Pieces pieces_of(const Table& toml) {
  Pieces pieces;
  for (const Entry& entry : toml) pieces.push_back(piece_of(entry));
  return pieces;
}

// Whether shots are rather chosen by it than changed in it.
bool is_selector(const std::string& key) {
  static constexpr std::array<std::string_view, 5> kSelectors = {"id", "image", "model", "name", "tags"};
  return std::ranges::find(kSelectors, key) != kSelectors.end();
}

// An entry as it belongs in match or set.
std::string shown(const std::string& key, const Value& value) {
  constexpr std::size_t kMostShown = 40;
  const std::string text = to_text(value);
  // Several values are no value of its set.
  const bool is_list = get<List>(value) != nullptr && key != "tags" && key != "affinity" && key != "loras";
  if (text.size() <= kMostShown && !is_list) return key + " = " + text;
  return key + " = " + (get<std::string>(value) != nullptr ? "\"...\"" : "...");
}

// The tables that are to be written, as what stands beside them says.
struct Mend {
  std::string match;
  std::string set;

  void add(bool is_to_match, const std::string& entry) {
    std::string& table = is_to_match ? match : set;
    table += (table.empty() ? "" : ", ") + entry;
  }
};

// Whether `name` is there, or a key that is probably meant for it, which is told by itself.
bool is_there_somehow(const Pieces& pieces, std::string_view name) {
  return std::ranges::find(pieces, name, &Piece::own) != pieces.end();
}

std::string incomplete(const Pieces& pieces) {
  const bool has_match = is_there_somehow(pieces, "match");
  const bool has_set = is_there_somehow(pieces, "set");
  Mend mend;
  std::set<std::string> known;
  for (const auto& [entry, own, key] : pieces) {
    if (key.empty() || !known.insert(key).second) continue;
    mend.add(!has_match && (has_set || is_selector(key)), shown(key, entry->value));
  }
  if (!has_match && !has_set && mend.match.empty() && mend.set.empty()) {
    return "an [[override]] needs match = { image = \"...\" } and set = { steps = 30 }, each with "
           "at least one key";
  }
  if (mend.match.empty()) mend.match = "image = \"...\"";
  if (mend.set.empty()) mend.set = "steps = 30";
  return "an [[override]] needs match and set; write " +
         (has_match ? "" : "match = { " + mend.match + " }" + (has_set ? "" : " and ")) +
         (has_set ? "" : "set = { " + mend.set + " }");
}

// Of an entry beside a match and a set.
void refuse_beside(const Entry& entry, const std::string& key, Complaints& complaints) {
  const std::string what = key == entry.key ? in_quotes(key) + " can't stand in [[override]] itself"
                                            : "unknown key " + in_quotes(entry.key) + " in [[override]]";
  complaints.error(entry.place, what + "; put " + shown(key, entry.value) + " into its " +
                                    (is_selector(key) ? "match" : "set"));
}

Override bind_override(const Place& place, const Table& toml, Complaints& complaints) {
  Override change{.place = place};
  const Value* match = find(toml, "match");
  const Value* set = find(toml, "set");
  const Pieces pieces = pieces_of(toml);
  const bool is_whole = is_there_somehow(pieces, "match") && is_there_somehow(pieces, "set");
  for (const auto& [entry, own, beside] : pieces) {
    if (beside.empty()) {
      bind_section(Section::overrides, {*entry}, complaints);
    } else if (is_whole) {
      refuse_beside(*entry, beside, complaints);
    }
  }
  if (match != nullptr && !is_broken(*match)) {
    change.match = bind_match({.title = "match of [[override]]", .labels = Matcher::Labels::name_and_id},
                              *match, complaints);
  }
  change.match.is_broken = change.match.is_broken || match == nullptr || set == nullptr;
  const Table* keys = set == nullptr ? nullptr : bind_table("set of [[override]]", *set, complaints);
  if (keys != nullptr) change.settings = bind_section(Section::change, *keys, complaints);
  if (!is_whole || (keys != nullptr && keys->empty())) {
    complaints.error(place, incomplete(is_whole ? Pieces{} : pieces));
  }
  return change;
}

}  // namespace

std::vector<Override> bind_overrides(const Entry& entry, Complaints& complaints) {
  const auto* list = get<List>(entry.value);
  if (list == nullptr) {
    complaints.error(entry.place, "write [[override]], with two brackets: there can be several");
    return {};
  }
  std::vector<Override> overrides;
  for (const Value& value : *list) {
    const Table* toml = bind_table("[[override]]", value, complaints);
    if (toml != nullptr) overrides.push_back(bind_override(value.place, *toml, complaints));
  }
  return overrides;
}

}  // namespace pia::dsl::internal
