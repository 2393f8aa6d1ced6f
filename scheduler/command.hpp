// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "scheduler/event.hpp"

namespace pia::scheduler {

/// Render `shot`, from its checkpoint if it has one. Attempts count from 1; a number is never used twice for
/// a shot between two starts of the farm.
struct Assign {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 1;
};

/// Checkpoint at the next step, then stop; ShotStopped is expected. Or the shot was found done: drop it.
struct StopShot {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 1;
};

/// It hangs: kill its process and start another, then send WorkerReady. The attempt has failed already.
struct KillRenderer {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 1;
  std::string reason{};
};

/// The shot is failed: all attempts spent, or no retry makes sense.
struct GiveUp {
  jobs::ShotId shot;
  int attempts = 0;  ///< that failed
  std::string reason{};
};

/// Nothing is left for this worker.
struct Dismiss {
  WorkerId worker;
};

/// Its GPU failed on several shots: it gets nothing for `time`. Nothing is to be done about it; people
/// want to know.
struct RestWorker {
  WorkerId worker;
  std::string reason{};
  std::chrono::seconds time{};
};

using Command = std::variant<Assign, StopShot, KillRenderer, GiveUp, Dismiss, RestWorker>;

}  // namespace pia::scheduler
