// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/resolve.hpp"

namespace pia::dsl::internal {

/// The shots that fit every match of --only, by what they are called in the end (a seed that was worked out,
/// a name, an id); each id once, in order. None without --only; none fitting is an error.
std::vector<jobs::ShotId> selected(const std::vector<Match>& only, const std::vector<Resolved>& shots,
                                   Complaints& complaints);

}  // namespace pia::dsl::internal
