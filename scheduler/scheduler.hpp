// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scheduler/command.hpp"
#include "scheduler/event.hpp"

namespace pia::scheduler {

struct Policy {
  int max_attempts = 3;              ///< in all, a shot
  std::chrono::seconds silence{60};  ///< no step for max(this, silence_steps median steps) is a hang
  int silence_steps = 10;
  int model_patience = 8;  ///< times a shot may be passed over for a resident model
};

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
///  - a done shot never runs again, no shot runs more than policy.max_attempts times;
///  - replaying the same events gives an equal scheduler.
class Scheduler {
 public:
  explicit Scheduler(const Policy& policy);
  ~Scheduler();
  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;

  /// Applies one event and returns what to do about it, in order. Events about unknown shots or workers, or
  /// about an attempt that is over, are late messages, not bugs: they are ignored. `now` must not go
  /// backwards.
  std::vector<Command> handle(const Event& event, TimePoint now);

  /// Why `shot` is where it is, in a sentence for people.
  std::string explain(const jobs::ShotId& shot, TimePoint now) const;

  Counts counts() const;

  /// Every shot is done or failed; or, when draining, nothing runs any more.
  bool finished() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pia::scheduler
