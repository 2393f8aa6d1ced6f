// SPDX-License-Identifier: Apache-2.0
#include "scheduler/silence.hpp"

#include <algorithm>
#include <cmath>

namespace pia::scheduler {

double median(std::vector<double> seconds) {
  if (seconds.empty()) return 0;
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

double silence_limit(const Progress& progress, double expected_step, int hangs, const Policy& policy) {
  const bool measured = !progress.step_seconds.empty();
  const double step = measured ? median(progress.step_seconds) : expected_step;
  double limit = std::max(static_cast<double>(policy.silence.count()), policy.silence_steps * step);
  if (progress.step < 0 || step <= 0)
    limit = std::max(limit, static_cast<double>(policy.loading_silence.count()));
  return std::ldexp(limit, std::clamp(hangs, 0, 10));
}

}  // namespace pia::scheduler
