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

/// [models.ID], [motions.ID], [images.ID]: a file, and shot keys that hold wherever it is used.
struct Asset {
  Place place = {};
  Value file = {};  ///< Broken if it is missing
  Settings settings = {};
};
using Assets = std::map<std::string, Asset, std::less<>>;

/// One key of a [[grid]] and the values it takes.
struct Axis {
  std::string key = {};
  Place place = {};
  List values = {};
};

/// A [[shot]], or a [[grid]] with its axes in canonical order: image, model, motion, prompt, then as written.
struct Block {
  Section section = Section::shot;
  Place place = {};
  std::string grid = {};  ///< name of the grid, empty for a shot
  std::int64_t limit = 0;
  Settings settings = {};
  std::vector<Axis> axes = {};
};

/// A job file with every key bound: typed, in range, with its place.
struct Document {
  Settings job;
  Settings paths;
  Settings output;
  Assets models;
  Assets motions;
  Assets images;
  Settings defaults;
  Settings built_in;          ///< the initial values of the key table
  Settings sets;              ///< --set of shot keys
  std::vector<Block> blocks;  ///< in the order of the file
};

}  // namespace pia::dsl::internal
