// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "farm/coordinator.hpp"
#include "farm/signals.hpp"
#include "farm/supervisor.hpp"

namespace pia::farm {

/// What a SIGINT or SIGTERM means that comes while shots are being stopped.
enum class SecondSignal {
  ends_at_once,  ///< a person at a terminal
  says_the_same  ///< Slurm warns in several signals at once; only the end of the allocation stops harder
};

/// A process that coordinates. All of it outlives the loop.
struct RunLoopParts {
  Coordinator& coordinator;
  storage::Journal& journal;
  Watcher& watcher;
  StopSignals& signals;
  std::vector<std::unique_ptr<Supervisor>>& supervisors;  ///< of this process; others are far away
  /// Shows or asks that the run directory is still ours; called every five seconds. Throws
  /// storage::FencedOff.
  std::function<void()> beat;
  /// Sleeps until one of the descriptors can be read, and no longer than a moment.
  std::function<void(const std::vector<pollfd>&)> wait;
  SecondSignal second_signal = SecondSignal::ends_at_once;
};

/// From the first shot handed out to the end of this process's renderers; the journal's last record is
/// `run_finished`, unless a second signal ended it at once.
Summary run_to_end(const RunLoopParts& parts, const Coordinator::Found& found);

/// Calls something every five seconds, however often it is told that time goes by.
class SlowBeat {
 public:
  explicit SlowBeat(std::function<void()> beat) : beat_(std::move(beat)) {}
  void time_goes_by();

 private:
  using Clock = std::chrono::steady_clock;
  std::function<void()> beat_;
  Clock::time_point next_ = Clock::now();
};

/// True if what one of them waits for comes within that time. Negative descriptors count as none.
bool ready_within(std::chrono::milliseconds time, std::vector<pollfd> watched);

}  // namespace pia::farm
