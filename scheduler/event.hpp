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
  double cost =
      0;  ///< expected work, any unit that is the same for all shots (pixels x frames a step x steps)
  int priority = 0;  ///< higher goes first
};

enum class FailureKind {
  input,       ///< the shot's own fault (picture, weights): no retry
  crash,       ///< the renderer died, or lied
  hang,        ///< no progress for too long
  device,      ///< the GPU failed: a strike against the worker
  memory,      ///< its host had too little: nobody's fault; next it renders alone there
  gpu_memory,  ///< the GPU had too little: nobody's fault, nor that of others on its host
};

/// The plan. Known ids are ignored, so it can grow. Shots are handed out from here on: tell ShotFoundDone and
/// AttemptsSpent before the first WorkerReady.
struct ShotsSubmitted {
  std::vector<ShotWork> shots;
};

/// It is in the store already. If it runs, it is stopped; if it was given up, it is done all the same.
struct ShotFoundDone {
  jobs::ShotId shot;
};

/// Replay: attempts of this user command that failed before a restart. Attempts that the end of the farm
/// itself cut off are not the shot's fault: leave them out.
struct AttemptsSpent {
  jobs::ShotId shot;
  int attempts = 0;
  FailureKind worst = FailureKind::crash;  ///< memory, if one of them was of that kind
};

/// Where a worker is: those of one host share its memory. Tell it before the worker's first WorkerReady;
/// workers of whom it is never told are all on one host.
struct WorkerPlaced {
  WorkerId worker;
  std::string host;
};

/// Replay: what the GPU of a worker did within this user command before a restart, as if it were now. Tell it
/// before the worker's first WorkerReady. One that rested rests again, unless it is the last one; for
/// policy.arrival nobody is taken for the last one.
struct StrikesBefore {
  WorkerId worker;
  std::vector<jobs::ShotId> shots{};  ///< on which it failed since it last rested
  enum class Rest { no, yes } rest = Rest::no;
};

/// The worker is idle. It says so when it starts and after each shot, failed or not; saying it twice is
/// harmless.
struct WorkerReady {
  WorkerId worker;
  std::string resident_model;  ///< a model_key, empty if none is loaded
};

/// It will not come back under this id. A shot that it was rendering has failed an attempt.
struct WorkerGone {
  WorkerId worker;
};

/// Also the heartbeat: a step that is not higher than the last one is no progress.
struct StepDone {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 0;
  int step = 0;  ///< 0..steps
};

/// It makes no step and hangs not: it waits for a disk, was told of its shot only now, or is within a long
/// step, whose time goes on.
struct AttemptAlive {
  enum class Doing { waiting, a_step };
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 0;
  Doing doing = Doing::waiting;
};

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
  std::string reason{};
};

/// Stopped on request, checkpointed; no failure.
struct ShotStopped {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 0;
};

/// Start nothing new; stop what runs at a step boundary. There is no way back.
struct DrainRequested {};

/// Time passed; looks for hangs. Send one every second or so.
struct Tick {};

using Event = std::variant<ShotsSubmitted, ShotFoundDone, AttemptsSpent, StrikesBefore, WorkerPlaced,
                           WorkerReady, WorkerGone, StepDone, AttemptAlive, ShotCommitted, ShotFailed,
                           ShotStopped, DrainRequested, Tick>;

}  // namespace pia::scheduler
