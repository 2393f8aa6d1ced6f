// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/resolve.hpp"

namespace pia::dsl::internal {

/// Fifth pass: ids and names. Two different shots with one written name are an error.
void identify(std::vector<Resolved>& shots, Complaints& complaints);

/// Equal shots become one with all their names, which is noted at their block; each gets its video's path.
std::vector<Resolved> merged(std::vector<Resolved> shots, JobSource::Draft draft, Complaints& complaints);

}  // namespace pia::dsl::internal
