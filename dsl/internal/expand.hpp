// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"
#include "dsl/internal/find_file.hpp"

namespace pia::dsl::internal {

/// A shot to make: the strongest value of each key that has one. Points into the document.
struct FlatShot {
  const Block* block = nullptr;
  std::map<std::string_view, const Value*> values = {};
};

/// Replaces patterns in axes.image by the pictures they mean; a pattern elsewhere, or one that means no
/// picture, is an error.
void expand_patterns(Document& document, const FileFinder& finder, Complaints& complaints);

/// Third pass: every [[shot]], and every combination of each [[grid]] (the last axis varies fastest), in the
/// order of the file. Weakest first: built in, [defaults], [models.ID], [images.ID], the block's keys, axes,
/// --set. A grid of more combinations than its limit is an error and gives none.
std::vector<FlatShot> expand(const Document& document, Complaints& complaints);

}  // namespace pia::dsl::internal
