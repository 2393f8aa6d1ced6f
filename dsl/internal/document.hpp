// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dsl/internal/key_table.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Checked values by key.
using Settings = std::map<std::string, Value, std::less<>>;

/// [models.ID], [motions.ID], [images.ID], [loras.ID], a word of [embeddings]: a file, and keys that hold
/// wherever it is used.
struct Asset {
  Place place = {};
  Value file = {};  ///< Broken if it is missing
  Settings settings = {};
};
using Assets = std::map<std::string, Asset, std::less<>>;

/// [prompts.ID]: a string, or a travel table.
struct PromptAsset {
  Place place = {};
  Value value = {};
  bool is_used = false;  ///< by `expand = "all"`, which puts its texts in its place
};

/// One key of a [[grid]] and the values it takes.
struct Axis {
  std::string key = {};
  Place place = {};
  List values = {};
  List written = {};  ///< what an exclude or an include calls each value; empty: the values themselves
};

/// Values that go together: one entry of `pairs`, of `include`, or the `set` of an [[override]].
struct Bundle {
  Place place = {};
  Settings settings = {};
};

/// One key of a match and the values any of which will do; strings may be patterns.
struct Condition {
  std::string key = {};  ///< a shot key, or "id"
  Place place = {};
  List wanted = {};
};

/// What an exclude, an [[override]] or --only looks for: all conditions hold.
struct Match {
  Place place = {};
  std::vector<Condition> conditions = {};
  std::string shown = {};  ///< as TOML, for messages
  bool is_broken = false;  ///< it was complained about and matches nothing
};

/// A [[shot]], or a [[grid]] with its axes in canonical order: image, model, motion, prompt, then as written.
struct Block {
  Section section = Section::shot;
  Place place = {};
  std::string grid = {};  ///< name of the grid, empty for a shot
  std::int64_t limit = 0;
  std::int64_t sample = 0;  ///< combinations to keep by chance; 0: all
  std::string expand = {};  ///< "sample", "all"; empty: as [job] says
  Settings settings = {};
  std::vector<Bundle> pairs = {};
  std::vector<Axis> axes = {};
  std::vector<Match> excludes = {};
  std::vector<Bundle> includes = {};
};

/// An [[override]].
struct Override {
  Place place = {};
  Match match = {};
  Settings settings = {};
  std::int64_t changed = 0;  ///< shots that it was laid over
};

/// A job file with every key bound: typed, in range, with its place.
struct Document {
  Settings job;
  Settings paths;
  Settings output;
  Settings gallery;
  Settings quality;
  Assets models;
  Assets motions;
  Assets images;
  Assets loras;
  Assets embeddings;  ///< by word
  std::map<std::string, PromptAsset, std::less<>> prompts;
  Settings defaults;
  Settings built_in;                ///< the initial values of the key table
  Settings sets;                    ///< --set of shot keys
  std::vector<Match> only;          ///< --only, one a key
  std::vector<Block> blocks;        ///< in the order of the files
  std::vector<Override> overrides;  ///< in the order of the file
  std::vector<std::string> files;   ///< absolute paths by number; relative paths start at their folders
};

}  // namespace pia::dsl::internal
