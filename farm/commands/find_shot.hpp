// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "jobs/core/plan.hpp"

namespace pia::farm {

/// The shot of the plan called `word`: a name, or at least four first digits of an id. Throws
/// jobs::Error(bad_usage) if there is none or more than one, naming some that are near.
const jobs::PlannedShot& find_shot(const jobs::Plan& plan, const std::string& word);

}  // namespace pia::farm
