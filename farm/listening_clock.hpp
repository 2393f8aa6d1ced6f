// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "scheduler/event.hpp"

namespace pia::farm {

/// A clock for blaming others that runs only while somebody listens: of the time between two calls of
/// `listen` at most a second counts, so that who waited for a disk, or was stopped and continued with all
/// the others, blames nobody for what it did not hear.
class ListeningClock {
 public:
  /// To be called before all that has arrived is taken. `now` is of a monotonic clock.
  scheduler::TimePoint listen(scheduler::TimePoint now) {
    if (last_) time_ += std::clamp<scheduler::TimePoint>(now - *last_, {}, std::chrono::seconds(1));
    last_ = now;
    return time_;
  }
  scheduler::TimePoint time() const { return time_; }

 private:
  scheduler::TimePoint time_{0};
  std::optional<scheduler::TimePoint> last_;
};

}  // namespace pia::farm
