// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scheduler/command.hpp"
#include "scheduler/event.hpp"
#include "scheduler/policy.hpp"

namespace pia::scheduler {

struct Counts {
  int waiting = 0;
  int running = 0;
  int done = 0;
  int failed = 0;
  bool operator==(const Counts&) const = default;
};

/// Decides which worker renders which shot next. A state machine, not a service: it never blocks, reads no
/// clock, touches no file. The caller passes the time in and carries the returned commands out. STATES.md has
/// the table.
///
/// Holds after every call:
///  - a shot is in exactly one state, a worker runs at most one shot;
///  - a done shot never runs again, no shot fails more than policy.max_attempts times;
///  - replaying the same events gives an equal scheduler.
class Scheduler {
 public:
  /// policy.max_attempts must be at least 1.
  explicit Scheduler(const Policy& policy);
  ~Scheduler();
  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;

  /// Applies one event and returns what to do about it, in order. Events about unknown shots or workers, or
  /// about an attempt that is over, are late messages, not bugs: they are ignored. A `now` that
  /// goes backwards counts as the latest one seen. Cost: O(log shots + workers).
  std::vector<Command> handle(const Event& event, TimePoint now);

  /// Why `shot` is where it is, in a sentence for people. Cost: O(shots).
  std::string explain(const jobs::ShotId& shot, TimePoint now) const;

  Counts counts() const;

  /// Every shot is done or failed; or, when draining, nothing runs any more. False before the first
  /// ShotsSubmitted.
  bool finished() const;

  /// Aborts unless all that should hold does. For tests. Cost: O(shots).
  void check() const;

  /// The whole state as text, equal for equal schedulers. For tests and bug reports. Cost: O(shots).
  std::string snapshot() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pia::scheduler
