// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/commands/measured.hpp"
#include "farm/commands/status_facts.hpp"
#include "jobs/core/plan.hpp"

namespace pia::farm {

/// The shots of a plan, a line each: where it stands, name, id, size, frames, steps, and what else it is
/// called.
std::string shot_list(const jobs::Plan& plan, const RunState& state, Held held);

}  // namespace pia::farm
