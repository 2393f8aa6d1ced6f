// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "scheduler/policy.hpp"

namespace pia::scheduler {

/// How far an attempt is.
struct Progress {
  int step = -1;                       ///< the last one heard of, -1 before the first
  TimePoint heard{0};                  ///< the last sign of life, or when the shot was handed out
  TimePoint began{0};                  ///< the step at hand: the last step, or the last wait for a disk
  std::vector<double> step_seconds{};  ///< between steps heard of; the first, with its loading, is not in it
};

/// The middle of `seconds`, 0 if there are none.
double median(std::vector<double> seconds);

/// How long an attempt may be silent before it hangs, in seconds. `expected_step` is the seconds a step
/// should take, 0 if unknown; `hangs` is how often this shot was found hanging before: each doubles the
/// limit, so that a machine slower than the policy thought is not killed for ever.
double silence_limit(const Progress& progress, double expected_step, int hangs, const Policy& policy);

}  // namespace pia::scheduler
