// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pia::farm {

// For people who read a journal or a report; nothing is decided by it.

/// Seconds since 1970.
double wall_seconds();

/// What the wall's clock shows when the steady one shows zero.
double wall_at_zero();

/// "2026-11-29 07:31:00" on this machine, of seconds since 1970; "?" where no calendar reaches.
std::string local_time(double seconds);

}  // namespace pia::farm
