// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// --set with a dotted key (paths.models=/data): edits the document before it is bound.
void edit(Table& toml, const std::vector<std::string>& sets, Complaints& complaints);

/// --set with a bare shot key: the last word on every shot.
Settings bind_sets(const std::vector<std::string>& sets, Complaints& complaints);

}  // namespace pia::dsl::internal
