// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/plan.hpp"
#include "scheduler/event.hpp"

namespace pia::farm {

/// What the scheduler needs to know of a planned shot.
scheduler::ShotWork work_of(const jobs::PlannedShot& planned);

}  // namespace pia::farm
