// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "scheduler/event.hpp"

namespace pia::farm {

/// Which workers in other processes have not been heard of for too long. Its clock runs only while somebody
/// listens: of the time between two calls of `listen` at most a second counts, so that a coordinator that
/// waited for a disk, or was stopped, blames nobody for what it did not hear.
class SilenceWatch {
 public:
  /// Watches workers 0 .. workers-1; without a limit nobody is ever silent.
  SilenceWatch(std::optional<std::chrono::duration<double>> limit, int workers);

  /// To be called before all that has arrived is taken. `now` is of a monotonic clock.
  void listen(scheduler::TimePoint now);

  void heard_of(scheduler::WorkerId worker);

  /// It said that it waits for a disk: until its next word it may be silent for ten minutes, or for the limit
  /// if that is longer.
  void let_wait(scheduler::WorkerId worker);

  /// Nothing is expected of it any more.
  void forget(scheduler::WorkerId worker);

  std::vector<scheduler::WorkerId> silent() const;

 private:
  struct Heard {
    std::chrono::nanoseconds at{0};  ///< of the clock that runs while somebody listens
    bool waits_for_disk = false;
  };
  std::optional<std::chrono::duration<double>> limit_;
  std::map<scheduler::WorkerId, Heard> heard_;
  std::chrono::nanoseconds listened_{0};
  std::optional<scheduler::TimePoint> last_;
};

}  // namespace pia::farm
