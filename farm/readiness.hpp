// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "scheduler/event.hpp"

namespace pia::farm {

/// Which workers have nothing to do, and since when others are waited for to say that they are ready: they
/// start, or make videos, behind which a shot may wait already. Moments are the coordinator's, in nanoseconds
/// since whenever its clock began. No call fails: of a worker that was never heard of, nothing is known.
class Readiness {
 public:
  /// From `now` on, whatever was known of it; it is no longer idle.
  void wait_for(scheduler::WorkerId worker, scheduler::TimePoint now) {
    idle_.erase(worker);
    waited_for_[worker] = now;
  }
  /// It is waited for no more, and is not idle by that.
  void answered(scheduler::WorkerId worker) { waited_for_.erase(worker); }

  void is_idle(scheduler::WorkerId worker) {
    waited_for_.erase(worker);
    idle_.insert(worker);
  }
  void has_a_shot(scheduler::WorkerId worker) { idle_.erase(worker); }

  /// Nothing is expected of it any more.
  void forget(scheduler::WorkerId worker) {
    idle_.erase(worker);
    waited_for_.erase(worker);
  }

  /// One that is idle, and is so no more; nothing if there is none.
  std::optional<scheduler::WorkerId> take_idle() {
    if (idle_.empty()) return std::nullopt;
    return idle_.extract(idle_.begin()).value();
  }

  /// Who has been waited for for longer than `patience`, a span; they go on being waited for.
  std::vector<scheduler::WorkerId> overdue(scheduler::TimePoint now, scheduler::TimePoint patience) const {
    std::vector<scheduler::WorkerId> found;
    for (const auto& [worker, since] : waited_for_) {
      if (now - since > patience) found.push_back(worker);
    }
    return found;
  }

 private:
  std::set<scheduler::WorkerId> idle_;
  std::map<scheduler::WorkerId, scheduler::TimePoint> waited_for_;
};

}  // namespace pia::farm
