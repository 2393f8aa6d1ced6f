// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// The list of [[override]]: each says which shots in `match`, and what they get in `set`. Keys that stand
/// beside these are complained about with what to write instead.
std::vector<Override> bind_overrides(const Entry& entry, Complaints& complaints);

}  // namespace pia::dsl::internal
