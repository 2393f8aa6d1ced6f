// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/expand.hpp"

namespace pia::dsl::internal {

/// What a shot is called before any override: matched by `name` and `id`.
struct Label {
  std::string name;
  std::string id;  ///< 64 digits; empty if the shot could not be identified
};

/// Whether any override looks at names or ids, so that labels are needed.
bool look_at_labels(const std::vector<Override>& overrides);

/// Lays each [[override]] over the shots that match it, in order: a later one sees and outdoes an earlier.
/// `labels`: one a shot, or none if nobody looks at them. Nothing if there are too many, which is an error.
std::vector<OverrideCount> apply_overrides(Document& document, const std::vector<Label>& labels,
                                           std::vector<FlatShot>& flats, Complaints& complaints);

/// Warns of overrides that changed no shot, unless errors may be why.
void warn_of_idle(const std::vector<Override>& overrides, Complaints& complaints);

/// Lays --set over every shot: the last word.
void apply_sets(const Document& document, std::vector<FlatShot>& flats);

}  // namespace pia::dsl::internal
