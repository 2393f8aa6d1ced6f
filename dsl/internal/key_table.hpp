// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pia::dsl::internal {

/// The tables of a job file and of a site file. Shot keys are also valid in [defaults], in [[grid]] (except
/// `name`, which is the grid's), as axes, in pairs, include and the `set` of an [[override]], in [models.ID]
/// (except image, model, name), and as --set.
enum class Section {
  top,
  job,
  paths,
  output,
  model,
  motion,
  image,
  defaults,
  grid,
  shot,
  site,
  slurm,
  worker,
  overrides,  ///< [[override]]
  pair,
  addition,   ///< an entry of `include`
  change,     ///< the `set` of an [[override]]
  prompt_id,  ///< [prompts.ID]
  lora,       ///< [loras.ID]
  train,
  optimizer,
  data,
  train_output,  ///< [output] of a training
  gallery,       ///< gallery of [output]
  quality
};

enum class Type {
  table,  ///< a section, read elsewhere
  text,   ///< any string
  label,  ///< a short string without control characters
  path,   ///< a string that is not empty and has no zero byte
  roots,  ///< a path or a list of them
  texts,  ///< a list of labels
  word,   ///< one of Key::words
  words,  ///< a list of them
  flag,   ///< true or false
  whole,  ///< an integer within Key::range
  real,   ///< a number within Key::range
  seed,
  magnitude,
  affinity,
  prompt,
  triggers,  ///< words, or false
  loras,     ///< a list of { id or path, weight, weight_te }
  context
};

/// planned: read, checked and planned, but nothing renders it yet, which the plan says by its name.
enum class State { built, planned };

/// Both ends belong to it, but `from` not if `above`.
struct Range {
  double from = std::numeric_limits<double>::lowest();
  double to = std::numeric_limits<double>::max();
  bool above = false;
};

/// One key of the language: binding, "did you mean", the JSON schema and REFERENCE.md all read this.
struct Key {
  Section section = Section::shot;
  std::string_view name = {};
  Type type = Type::text;
  std::string_view initial = {};  ///< built-in value as TOML; empty: none
  std::string_view meaning = {};
  Range range = {};
  std::span<const std::string_view> (*words)() = nullptr;
  std::string_view spellings = {};    ///< other spellings of its words, as "Euler a=euler_a", separated by |
  std::string_view other_names = {};  ///< what other programs call it, separated by |
  std::string_view accepted = {};     ///< another name that is accepted here
  State state = State::built;
};

std::span<const Key> all_keys();

/// nullptr if there is none.
const Key* find_key(Section section, std::string_view name);

/// The keys that are valid in a section, shot keys included where they are.
std::vector<const Key*> keys_of(Section section);

/// Whether a shot key may stand in `section`.
bool takes_shot_key(Section section, std::string_view name);

/// "[defaults]", "[[shot]]", "[models.ID]".
std::string_view section_title(Section section);

/// Parts of a text separated by |.
std::vector<std::string> parts_of(std::string_view text);

/// The word of `key` that `text` spells in some other way: one of Key::spellings, or capitals and spaces
/// where there are small letters and '_'; empty if none.
std::string meant_word(const Key& key, const std::string& text);

/// Whether it is one of a training's own tables.
bool is_of_trainings(Section section);

/// "[output]" if `name` is a key of that section of the kind of job file that has `asked`; empty if it is of
/// none.
std::string home_of(std::string_view name, Section asked);

/// `text` in small letters, with '_' where it has spaces and hyphens.
std::string plain_spelling(std::string_view text);

/// The key that other programs call `word` in `section`, in whatever spelling; empty if none.
std::string key_of_other_name(Section section, const std::string& word);

/// The key that `word` probably means in `section`, by its other names or by its spelling; empty if none.
std::string meant_key(Section section, const std::string& word);

}  // namespace pia::dsl::internal
