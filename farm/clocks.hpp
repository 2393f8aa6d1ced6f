// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "scheduler/event.hpp"

namespace pia::farm {

/// A clock that never goes back: what waits and deadlines are measured with.
scheduler::TimePoint steady_now();
double steady_seconds();  ///< the same, in seconds

/// Nanoseconds since 1970, to compare with files' mtimes.
std::int64_t wall_clock_ns();

// For people who read a journal or a report; nothing is decided by it.

/// Seconds since 1970.
double wall_seconds();

/// What the wall's clock shows when the steady one shows zero.
double wall_at_zero();

/// "2026-11-29 07:31:00" on this machine, of seconds since 1970; "?" where no calendar reaches.
std::string local_time(double seconds);

}  // namespace pia::farm
