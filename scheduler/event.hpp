// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "jobs/core/shot.hpp"

namespace pia::scheduler {

/// A moment on the caller's monotonic clock, as the time since any fixed origin.
using TimePoint = std::chrono::nanoseconds;

struct WorkerId {
  int value = 0;
  auto operator<=>(const WorkerId&) const = default;
};

/// What the scheduler needs to know of a shot.
struct ShotWork {
  jobs::ShotId id;
  std::string model_key;  ///< equal keys share resident weights
  int steps = 0;
  double cost = 0;   ///< expected work, any unit that is the same for all shots (pixels x frames x steps)
  int priority = 0;  ///< higher goes first
};

enum class FailureKind {
  input,   ///< the shot's own fault (picture, weights): no retry
  crash,   ///< the renderer died, or lied
  hang,    ///< no progress for too long
  device,  ///< GPU or memory
};

struct ShotsSubmitted {
  std::vector<ShotWork> shots;
};  ///< the plan; known ids are ignored
struct ShotFoundDone {
  jobs::ShotId shot;
};  ///< it is in the store already
struct AttemptsSpent {
  jobs::ShotId shot;
  int attempts = 0;
};  ///< replay: tries of this user command before a restart
struct WorkerReady {
  WorkerId worker;
  std::string resident_model;
};  ///< idle, empty if no model is loaded
struct WorkerGone {
  WorkerId worker;
};  ///< it will not come back under this id
struct StepDone {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 0;
  int step = 0;
};  ///< also the heartbeat
struct ShotCommitted {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 0;
};
struct ShotFailed {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 0;
  FailureKind kind = FailureKind::crash;
  std::string reason;
};
struct ShotStopped {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 0;
};                         ///< stopped on request, checkpointed
struct DrainRequested {};  ///< finish nothing new; stop what runs at a step boundary
struct Tick {};            ///< time passed; looks for hangs

using Event = std::variant<ShotsSubmitted, ShotFoundDone, AttemptsSpent, WorkerReady, WorkerGone, StepDone,
                           ShotCommitted, ShotFailed, ShotStopped, DrainRequested, Tick>;

}  // namespace pia::scheduler
