// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "scheduler/event.hpp"

namespace pia::farm {

/// Nanoseconds since 1970, as files' mtimes are.
std::int64_t wall_clock_ns();

/// A clock that never goes back.
scheduler::TimePoint steady_now();

}  // namespace pia::farm
