// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/bind.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "dsl/internal/bind_grid.hpp"
#include "dsl/internal/bind_override.hpp"
#include "dsl/internal/check_value.hpp"
#include "dsl/internal/foreign_travel.hpp"
#include "dsl/internal/peer_words.hpp"
#include "dsl/internal/prompts.hpp"
#include "dsl/internal/ranges.hpp"
#include "dsl/internal/read.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostIdBytes = 100;

const Key* valid_key(Section section, const std::string& name) {
  if (const Key* own = find_key(section, name)) return own;
  const Key* shot_key = find_key(Section::shot, name);
  return shot_key != nullptr && takes_shot_key(section, shot_key->name) ? shot_key : nullptr;
}

// "1000-1003", "1, 2", "auto x4": looked at and not worked out, as a file may have it thousands of times.
bool is_range(const std::string& text) {
  const bool is_numbers = text.find_first_not_of("0123456789.-+,()[] ") == std::string::npos;
  return text.starts_with("auto x") || (is_numbers && text.find_first_of("-,", 1) != std::string::npos);
}

bool takes_a_list(const Key& key) {
  static constexpr std::array kTakeLists = {Type::texts, Type::loras, Type::affinity, Type::triggers};
  return key.section != Section::shot || std::ranges::find(kTakeLists, key.type) != kTakeLists.end();
}

bool is_empty_list(const Value& value) {
  const auto* list = get<List>(value);
  return list != nullptr && list->empty();
}

// Whether it is several values, as an axis has them, for a key that takes one.
bool is_several(const Key& key, const Value& value) {
  if (takes_a_list(key) || is_empty_list(value)) return false;
  const auto* text = get<std::string>(value);
  return get<List>(value) != nullptr || (text != nullptr && takes_ranges(key) && is_range(*text));
}

std::string if_short(const Value& value, const std::string& otherwise) {
  constexpr std::size_t kMostShown = 60;
  const std::string text = to_text(value);
  return text.size() <= kMostShown ? text : otherwise;
}

// [[0, "spring"], [8, "summer"]] is no list of prompts.
bool is_of_lists(const Value& value) {
  const auto* list = get<List>(value);
  return list != nullptr &&
         std::ranges::any_of(*list, [](const Value& entry) { return get<List>(entry) != nullptr; });
}

// Whether it is what an axis would be: several values, a pattern, or a list that lacks its values.
bool is_of_axis(const Key& key, const Value& value) {
  const auto* text = get<std::string>(value);
  const bool is_pattern = key.name == "image" && text != nullptr && text->find('*') != std::string::npos;
  const bool is_empty = is_empty_list(value) && !takes_a_list(key);
  return is_pattern || is_empty || (is_several(key, value) && !is_of_lists(value));
}

// One entry of pairs or include, `key` with one of its values.
std::string with_one(const Table& entry, const std::string& key, const std::string& one) {
  constexpr std::size_t kMostShown = 80;
  std::string text;
  for (const auto& [name, place, value] : entry) {
    const Key* known = valid_key(Section::pair, name);
    const bool is_it = known != nullptr && known->name == key;
    const bool is_odd = known == nullptr || is_several(*known, value);
    text += (text.empty() ? "" : ", ") + name + " = " + (is_it ? one : is_odd ? "..." : to_text(value));
    if (text.size() > kMostShown) return "{ ..., " + key + " = " + one + " }";
  }
  return "{ " + text + " }";
}

// A pair is no grid of its own: each of its values takes a pair.
std::string of_several_in(const Table& entry, const std::string& kind, const std::string& key,
                          const Value& value) {
  constexpr std::size_t kMostEntries = 2;
  const std::string takes = std::string(kind == "pair" ? "a pair" : "an entry of include") + " takes one " +
                            (key.ends_with('s') ? "value of " : "") + key + "; write the " + kind +
                            " once for each: ";
  const auto* list = get<List>(value);
  if (list == nullptr) return takes + with_one(entry, key, "...") + ", ...";
  std::string entries;
  for (std::size_t i = 0; i < std::min(list->size(), kMostEntries); ++i) {
    entries += (i > 0 ? ", " : "") + with_one(entry, key, if_short((*list)[i], "..."));
  }
  return takes + entries + (list->size() > kMostEntries ? ", ..." : "");
}

bool has_several_images(const Table& grid) {
  const Value* axes = find(grid, "axes");
  const auto* table = axes == nullptr ? nullptr : get<Table>(*axes);
  const Value* images = table == nullptr ? nullptr : find(*table, "image");
  if (images == nullptr) return false;
  const auto* list = get<List>(*images);
  return list == nullptr || list->size() > 1 ||
         (list->size() == 1 && is_of_axis(*find_key(Section::shot, "image"), list->front()));
}

// Several seeds of a grid are often meant to go to its pictures in turn.
std::string of_one_each(const Table& grid, const Value& seeds) {
  const bool has_pairs = find(grid, "pairs") != nullptr;
  if (!has_pairs && !has_several_images(grid)) return "";
  const std::string kind = has_pairs ? "pair" : "picture";
  const auto* list = get<List>(seeds);
  return "; every " + kind + " then gets all" + (list == nullptr ? "" : " " + std::to_string(list->size())) +
         "; for one seed a " + kind +
         (has_pairs ? " write seed = 1 into each" : " write pairs = [{ image = \"...\", seed = 1 }, ...]");
}

// What to say of several values for a key of `toml` that takes one.
std::string of_several(Section section, const Table& toml, const Key& key, const Value& value) {
  const std::string name(key.name);
  const auto* list = get<List>(value);
  const bool may_travel = key.type == Type::prompt && list != nullptr;
  if (const auto travel = may_travel ? travel_in_list(name, *list) : std::nullopt) {
    return name + " over time is a table, not a list; write " + travel->written;
  }
  if (may_travel && is_of_lists(value)) {
    return name + " takes a text, or a table: " + std::string(kPromptsOverTime);
  }
  if (section == Section::pair) return of_several_in(toml, "pair", name, value);
  if (section == Section::addition) return of_several_in(toml, "entry", name, value);
  return name + " takes one value; for a clip of each write axes." + name + " = " + if_short(value, "[...]") +
         (section != Section::grid ? " in a [[grid]]"
          : name == "seed"         ? of_one_each(toml, value)
                                   : "");
}

// The key that an unknown one probably means; nullptr if there is none.
const Key* key_meant(Section section, const std::string& name) {
  const std::string meant = meant_key(section, name);
  return meant.empty() ? nullptr : valid_key(section, meant);
}

void doubt(const Key* key, Complaints& complaints) {
  if (key != nullptr && key->section == Section::shot) complaints.doubt(key->name);
}

void refuse_unknown(Section section, const Entry& entry, Complaints& complaints) {
  const Key* meant = key_meant(section, entry.key);
  doubt(meant, complaints);
  if (section == Section::grid && meant != nullptr && is_of_axis(*meant, entry.value)) {
    complaints.error(entry.place, "unknown key " + in_quotes(entry.key) + " in [[grid]]; did you mean " +
                                      in_quotes("axes." + std::string(meant->name)) + "?");
  } else {
    complaints.error(entry.place, unknown_key(section, entry.key));
  }
}

// An entry of `toml`.
void bind_entry(Section section, const Table& toml, const Entry& entry, Settings& settings,
                Complaints& complaints) {
  const Key* key = valid_key(section, entry.key);
  if (key == nullptr) {
    refuse_unknown(section, entry, complaints);
    return;
  }
  const std::string name(key->name);
  if (settings.contains(name)) {
    complaints.error(entry.place, in_quotes(entry.key) + " is another name of " + in_quotes(name) +
                                      ", which is here too; leave one out");
    return;
  }
  if (is_several(*key, entry.value)) {
    complaints.error(entry.value.place, of_several(section, toml, *key, entry.value));
    settings.emplace(name, Value{.data = Broken{}, .place = entry.value.place});
    return doubt(key, complaints);
  }
  const auto value = settings.emplace(name, checked(*key, name, entry.value, complaints)).first;
  if (is_broken(value->second)) doubt(key, complaints);
}

// Whether its absence is complained about.
bool is_required(Section section, const Key& key) {
  static constexpr std::array kOfShots = {Section::shot, Section::defaults, Section::grid, Section::pair};
  static constexpr std::array kOfAssets = {Section::model, Section::motion, Section::image, Section::lora};
  const auto is_of = [&](const auto& sections) {
    return std::ranges::find(sections, section) != sections.end();
  };
  if (is_of(kOfAssets)) return key.section == section && (key.name == "path" || key.name == "checkpoint");
  return is_of(kOfShots) && (key.name == "image" || key.name == "model" || key.name == "motion");
}

bool is_good_id(const std::string& id) {
  return !id.empty() && id.size() <= kMostIdBytes &&
         std::ranges::none_of(id, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Asset bind_asset(Section section, const Entry& entry, const Table& toml, Complaints& complaints) {
  const std::string file_key = section == Section::model ? "checkpoint" : "path";
  Asset asset{.place = entry.place, .settings = bind_section(section, toml, complaints)};
  const auto found = asset.settings.find(file_key);
  if (found == asset.settings.end()) {
    complaints.error(entry.place, in_quotes(entry.key) + " names no file; write " + file_key + " = \"...\"");
  } else {
    asset.file = found->second;
    asset.settings.erase(found);
  }
  // A picture's prompt stands before the shot's; it is no default of it.
  if (section == Section::image) {
    if (auto own = asset.settings.extract("prompt")) {
      own.key() = "image_prompt";
      asset.settings.insert(std::move(own));
    }
  }
  return asset;
}

Assets bind_assets(Section section, const Value& value, Complaints& complaints) {
  Assets assets;
  const std::string title(section_title(section));
  const Table* toml = bind_table(title, value, complaints);
  if (toml == nullptr) return assets;
  for (const Entry& entry : *toml) {
    if (!is_good_id(entry.key)) {
      complaints.error(entry.place,
                       "an id has 1 to 100 bytes without control characters, not " + in_quotes(entry.key));
      continue;
    }
    const Table* asset = bind_table(title, entry.value, complaints);
    if (asset != nullptr) assets.emplace(entry.key, bind_asset(section, entry, *asset, complaints));
  }
  return assets;
}

// A text, or a travel table.
PromptAsset bind_prompt(const Entry& entry, const Table& toml, Complaints& complaints) {
  PromptAsset prompt{.place = entry.place, .value = {.data = Broken{}, .place = entry.place}};
  if (find(toml, "text") != nullptr) {
    const Settings settings = bind_section(Section::prompt_id, toml, complaints);
    if (const auto text = settings.find("text"); text != settings.end()) prompt.value = text->second;
  } else {
    prompt.value = checked(*find_key(Section::shot, "prompt"), "prompts." + entry.key,
                           {.data = toml, .place = entry.place}, complaints);
  }
  return prompt;
}

// Words stand in recipes as they are.
bool is_good_word(const std::string& word) {
  return is_good_id(word) && word.find_first_of("\"\\<>") == std::string::npos;
}

void bind_embeddings(const Value& value, Document& document, Complaints& complaints) {
  static constexpr Key kFile = {.name = "embeddings", .type = Type::path};
  const Table* toml = bind_table("[embeddings]", value, complaints);
  for (const Entry& entry : toml == nullptr ? Table{} : *toml) {
    if (!is_good_word(entry.key)) {
      complaints.error(
          entry.place,
          "the word of an embedding has 1 to 100 bytes without control characters, quotes, \\, < "
          "and >, not " +
              in_quotes(entry.key));
      continue;
    }
    Asset asset{.place = entry.place,
                .file = checked(kFile, "embeddings." + entry.key, entry.value, complaints)};
    document.embeddings.emplace(entry.key, std::move(asset));
  }
}

void bind_prompts(const Value& value, Document& document, Complaints& complaints) {
  const Table* toml = bind_table("[prompts.ID]", value, complaints);
  for (const Entry& entry : toml == nullptr ? Table{} : *toml) {
    if (!is_good_id(entry.key) || !is_prompt_id("@" + entry.key)) {
      complaints.error(entry.place, "an id of a prompt has 1 to 100 bytes without spaces and commas, not " +
                                        in_quotes(entry.key));
      continue;
    }
    const Table* prompt = bind_table("[prompts." + entry.key + "]", entry.value, complaints);
    if (prompt != nullptr) document.prompts.emplace(entry.key, bind_prompt(entry, *prompt, complaints));
  }
}

void bind_blocks(const Entry& entry, Document& document, Complaints& complaints) {
  const Section section = entry.key == "grid" ? Section::grid : Section::shot;
  const std::string title(section_title(section));
  const auto* list = get<List>(entry.value);
  if (list == nullptr) {
    complaints.error(entry.place, "write " + title + ", with two brackets: there can be several");
    return;
  }
  const Settings initial = initial_values(Section::grid);
  GridDefaults grid{.name = "", .limit = *get<std::int64_t>(initial.at("limit"))};
  int number = 0;
  for (const Value& value : *list) {
    grid.name = "grid-" + std::to_string(++number);
    const Table* toml = bind_table(title, value, complaints);
    if (toml == nullptr) continue;
    if (section == Section::grid) {
      document.blocks.push_back(bind_grid(value.place, *toml, grid, complaints));
    } else {
      document.blocks.push_back(
          {.section = section, .place = value.place, .settings = bind_section(section, *toml, complaints)});
    }
  }
}

// Of a file that renders.
void bind_kind(const Entry& entry, Complaints& complaints) {
  const Value kind = checked(*find_key(Section::top, "kind"), "kind", entry.value, complaints);
  const auto* word = get<std::string>(kind);
  if (word == nullptr || *word == "render") return;
  complaints.error(entry.place, "this is a training, and makes no clip; start it with pia-farm train");
}

// Of two axes that show the same, one shows nothing.
Settings bind_gallery(const Value& value, Complaints& complaints) {
  const std::string title(section_title(Section::gallery));
  const Table* toml = bind_table(title, value, complaints);
  if (toml == nullptr) return {};
  Settings settings = bind_section(Section::gallery, *toml, complaints);
  std::map<std::string, std::string> taken;
  for (const auto& [axis, key] : settings) {
    const auto* word = get<std::string>(key);
    if (word == nullptr) continue;
    const auto [at, is_new] = taken.emplace(*word, axis);
    if (is_new) continue;
    complaints.error(key.place, axis + " and " + at->second + " of the gallery are both " + in_quotes(*word) +
                                    "; give one of them another key, or leave it out");
  }
  return settings;
}

void bind_top(const Entry& entry, Document& document, Complaints& complaints) {
  const Key* key = find_key(Section::top, entry.key);
  if (key == nullptr) {
    Settings ignored;
    bind_entry(Section::top, {entry}, entry, ignored, complaints);
  } else if (entry.key == "kind") {
    bind_kind(entry, complaints);
  } else if (entry.key == "train" || entry.key == "optimizer" || entry.key == "data") {
    complaints.error(entry.place,
                     "[" + entry.key + "] is of a training; write kind = \"train\" below format");
  } else if (entry.key == "job") {
    document.job = bind_named(Section::job, entry, complaints);
  } else if (entry.key == "paths") {
    document.paths = bind_named(Section::paths, entry, complaints);
  } else if (entry.key == "output") {
    document.output = bind_named(Section::output, entry, complaints);
    if (const auto found = document.output.extract("gallery"); !found.empty()) {
      document.gallery = bind_gallery(found.mapped(), complaints);
    }
  } else if (entry.key == "quality") {
    document.quality = bind_named(Section::quality, entry, complaints);
  } else if (entry.key == "models") {
    document.models = bind_assets(Section::model, entry.value, complaints);
  } else if (entry.key == "motions") {
    document.motions = bind_assets(Section::motion, entry.value, complaints);
  } else if (entry.key == "images") {
    document.images = bind_assets(Section::image, entry.value, complaints);
  } else if (entry.key == "loras") {
    document.loras = bind_assets(Section::lora, entry.value, complaints);
  } else if (entry.key == "embeddings") {
    bind_embeddings(entry.value, document, complaints);
  } else if (entry.key == "defaults") {
    const Table* toml = bind_table("[defaults]", entry.value, complaints);
    if (toml != nullptr) document.defaults = bind_section(Section::defaults, *toml, complaints);
  } else if (entry.key == "prompts") {
    bind_prompts(entry.value, document, complaints);
  } else if (entry.key == "override") {
    document.overrides = bind_overrides(entry, complaints);
  } else if (entry.key != "format") {
    bind_blocks(entry, document, complaints);
  }
}

}  // namespace

std::string unknown_key(Section section, const std::string& name) {
  const std::string title(section_title(section));
  if (!is_of_trainings(section) && find_key(Section::shot, name) != nullptr) {
    return in_quotes(name) + " can't stand in " + title + "; it belongs in [[shot]], [[grid]] or [defaults]";
  }
  return "unknown key " + in_quotes(name) + " in " + title + way_out(section, name);
}

bool is_axis_by_mistake(const Entry& entry) {
  const Key* key = valid_key(Section::grid, entry.key);
  if (key == nullptr) key = key_meant(Section::grid, entry.key);
  return are_axes_misspelt(entry) || (key != nullptr && is_of_axis(*key, entry.value));
}

bool are_axes_misspelt(const Entry& entry) {
  if (valid_key(Section::grid, entry.key) != nullptr) return false;
  const Key* meant = key_meant(Section::grid, entry.key);
  return meant != nullptr && (meant->name == "axes" || meant->name == "pairs");
}

void bind_format(const Table& toml, Complaints& complaints) {
  const Value* format = find(toml, "format");
  if (format == nullptr) {
    complaints.error({.line = 1, .column = 1},
                     toml.empty() ? "this file has no keys; a job file begins with format = 1"
                                  : "format = 1 is missing; write it in the first line");
    return;
  }
  const auto* number = get<std::int64_t>(*format);
  if (number == nullptr || *number != 1) {
    complaints.error(format->place,
                     "format must be 1, which is all that this pia-farm reads, not " + described(*format));
  }
}

Settings bind_named(Section section, const Entry& entry, Complaints& complaints) {
  const Table* toml = bind_table(std::string(section_title(section)), entry.value, complaints);
  return toml == nullptr ? Settings{} : bind_section(section, *toml, complaints);
}

const Table* bind_table(const std::string& name, const Value& value, Complaints& complaints) {
  const Table* table = get<Table>(value);
  if (table == nullptr && !is_broken(value)) {
    complaints.error(value.place, name + " must be a table, not " + described(value));
  }
  return table;
}

Settings initial_values(Section section) {
  Settings values;
  for (const Key* key : keys_of(section)) {
    if (!key->initial.empty()) values.emplace(key->name, read_value(std::string(key->initial), kBuiltIn));
  }
  return values;
}

Settings bind_section(Section section, const Table& toml, Complaints& complaints,
                      const std::vector<std::string>& elsewhere) {
  Settings settings;
  for (const Entry& entry : toml) {
    if (std::ranges::find(elsewhere, entry.key) == elsewhere.end()) {
      bind_entry(section, toml, entry, settings, complaints);
    }
  }
  stand_in(section, toml, settings);
  return settings;
}

void stand_in(Section section, const Table& toml, Settings& settings) {
  for (const Entry& entry : toml) {
    const Key* meant = valid_key(section, entry.key) == nullptr ? key_meant(section, entry.key) : nullptr;
    if (meant == nullptr || !is_required(section, *meant)) continue;
    settings.try_emplace(std::string(meant->name), Value{.data = Broken{}, .place = entry.place});
  }
}

void stand_in_for_lost(const Table& lost, Settings& settings, Complaints& complaints) {
  for (const Entry& entry : lost) {
    const Key* key = find_key(Section::shot, entry.key);
    if (key == nullptr) key = key_meant(Section::shot, entry.key);
    if (key == nullptr) continue;
    doubt(key, complaints);
    if (!is_required(Section::shot, *key)) continue;
    settings.try_emplace(std::string(key->name), Value{.data = Broken{}, .place = entry.place});
  }
}

Document bind(const Table& toml, Complaints& complaints) {
  Document document;
  document.built_in = initial_values(Section::shot);
  bind_format(toml, complaints);
  for (const Entry& entry : toml) bind_top(entry, document, complaints);
  std::ranges::stable_sort(document.blocks, {}, &Block::place);
  if (document.blocks.empty() && !toml.empty() && !find(toml, "shot") && !find(toml, "grid") &&
      !find(toml, "train")) {
    complaints.error({.line = 1, .column = 1},
                     "there is no [[shot]] and no [[grid]], so there is nothing to make; add [[shot]] with "
                     "image = \"...\"");
  }
  return document;
}

}  // namespace pia::dsl::internal
