// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/resolve.hpp"

namespace pia::dsl::internal {

/// Fifth pass: ids, names and videos' paths. Equal shots become one with all their names, which is noted at
/// their block; two different shots with one written name are an error.
std::vector<Resolved> identify(std::vector<Resolved> shots, Complaints& complaints);

}  // namespace pia::dsl::internal
