// SPDX-License-Identifier: Apache-2.0
#include "farm/wall_clock.hpp"

#include <chrono>
#include <ctime>

namespace pia::farm {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double wall_at_zero() {
  return wall_seconds() -
         std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string local_time(double seconds) {
  char text[40];
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (localtime_r(&whole, &parts) == nullptr) return "?";
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

}  // namespace pia::farm
