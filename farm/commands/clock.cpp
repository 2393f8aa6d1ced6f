// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/clock.hpp"

#include <chrono>

namespace pia::farm {

std::int64_t wall_clock_ns() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

scheduler::TimePoint steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace pia::farm
