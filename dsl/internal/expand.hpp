// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dsl/internal/combinations.hpp"
#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/idle_excludes.hpp"
#include "dsl/internal/template.hpp"
#include "dsl/job_file.hpp"

namespace pia::dsl::internal {

/// A shot to make: the strongest value of each key that has one. Points into the document.
struct FlatShot {
  const Block* block = nullptr;
  const Bundle* added = nullptr;  ///< the `include` entry that is this shot, if one is
  Values values = {};
  Layers layers = {};  ///< what `values` came from, above the assets and below overrides
  Values over = {};    ///< of overrides and --set

  const Place& place() const { return added != nullptr ? added->place : block->place; }
};

/// Where `expand = "all"` holds: makes an axis of everything that the template in `prompt` can become. Called
/// before `expand`.
void expand_templates(Document& document, WildcardLines& wildcards, Complaints& complaints);

struct Expansion {
  std::vector<FlatShot> flats;
  std::vector<GridCount> grids;   ///< one a [[grid]]
  std::vector<IdleExclude> idle;  ///< to be warned of when all errors are known
  bool is_whole = true;           ///< not if a block was refused
};

/// Replaces patterns in axes.image by the pictures they mean; a pattern elsewhere, or one that means no
/// picture, is an error.
void expand_patterns(Document& document, const FileFinder& finder, Complaints& complaints);

/// Third pass: every [[shot]], and of each [[grid]] every combination of its pairs and axes that no exclude
/// removes and `sample` keeps, with the keys of the includes that agree with it, then the includes that agree
/// with none; in the order of the file. Without overrides and --set. A grid of more combinations than its
/// limit is an error and gives none. Time grows with the combinations (at most 10,000,000 where there is a
/// sample), memory with the shots that are kept.
Expansion expand(const Document& document, Complaints& complaints);

}  // namespace pia::dsl::internal
