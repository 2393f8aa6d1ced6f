// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pia::farm {

// For people who read a journal or a report; nothing is decided by it.

/// Seconds since 1970.
double wall_seconds();

/// What the wall's clock shows when the steady one shows zero.
double wall_at_zero();

}  // namespace pia::farm
