// SPDX-License-Identifier: Apache-2.0
#include "farm/clocks.hpp"

#include <chrono>
#include <ctime>

namespace pia::farm {
namespace {

using Seconds = std::chrono::duration<double>;

}  // namespace

scheduler::TimePoint steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

double steady_seconds() {
  return Seconds(steady_now()).count();
}

std::int64_t wall_clock_ns() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

double wall_seconds() {
  return Seconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

double wall_at_zero() {
  return wall_seconds() - steady_seconds();
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
