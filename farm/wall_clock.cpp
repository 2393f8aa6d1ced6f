// SPDX-License-Identifier: Apache-2.0
#include "farm/wall_clock.hpp"

#include <chrono>

namespace pia::farm {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double wall_at_zero() {
  return wall_seconds() -
         std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace pia::farm
