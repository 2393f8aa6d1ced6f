// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "jobs/core/measures.hpp"
#include "jobs/core/plan.hpp"
#include "jobs/core/result.hpp"
#include "renderer/renderer.hpp"
#include "scheduler/event.hpp"

namespace pia::farm {

/// What is said between the coordinator, a supervisor and its renderer: control only, never pixels.
/// PROTOCOL.md.
/// @name Towards the renderer
/// @{
struct RenderShot {
  jobs::PlannedShot shot;
  jobs::OutputWishes output;
  int attempt = 1;
  std::uint64_t epoch = 0;  ///< of the lease it was handed out under
};
struct EncodeShot {  ///< the videos of a shot that is committed
  jobs::PlannedShot shot;
  jobs::OutputWishes output;
  std::uint64_t epoch = 0;  ///< of the lease it was handed out under
};
struct StopShot {  ///< checkpoint at the next step, then stop
  jobs::ShotId shot;
};
struct StagingBegins {  ///< its turn to read the shared disk, until it says StagingEnded or the attempt is
                        ///< over
  jobs::ShotId shot;
  int attempt = 1;
};
struct KillRenderer {  ///< to the supervisor: it hangs; ignored if it renders another shot by now
  jobs::ShotId shot;
};
struct Quit {};  ///< finish the videos at hand, then end
/// @}

/// @name Towards the coordinator
/// @{
struct Ready {         ///< idle
  bool first = false;  ///< of this renderer process: what an earlier one had at hand is gone
  std::string resident_model;
};
struct StepReached {  ///< progress and heartbeat
  jobs::ShotId shot;
  int attempt = 1;
  renderer::Progress progress;
};
struct StepGoesOn {  ///< between the windows of a long clip's step: a sign of life, said each second at most
  jobs::ShotId shot;
  int attempt = 1;
};
struct DiskAwaited {  ///< the disk does not take what the attempt made; it tries again, and says so each
                      ///< second
  jobs::ShotId shot;
  int attempt = 1;
};
struct DiskGone {  ///< it waited long enough: the run should stop and be started again when the disk is back
  std::string reason;
};
struct StagingAsked {  ///< weights are to be copied to its node's disk; wants a turn at the shared one
  jobs::ShotId shot;
  int attempt = 1;
};
struct StagingEnded {  ///< it reads the shared disk no more, or does not want to any more
  jobs::ShotId shot;
  int attempt = 1;
};
struct ShotCommitted {  ///< the result is in the store
  jobs::ShotId shot;
  int attempt = 1;
  std::uint64_t size = 0;  ///< of its file
  jobs::Timings timings;
  jobs::Measures measures = {};  ///< those that the job wishes
};
struct ShotFailed {
  jobs::ShotId shot;
  int attempt = 1;
  scheduler::FailureKind kind = scheduler::FailureKind::crash;
  std::string reason;
};
struct ShotStopped {  ///< on request, at a checkpoint
  jobs::ShotId shot;
  int attempt = 1;
  int step = 0;
};
struct VideosMade {
  jobs::ShotId shot;
  std::vector<std::string> files;  ///< under the run directory
  std::string trouble;             ///< empty, or why there are none
};
struct Notice {  ///< a sentence for people: a checkpoint refused, a disk full
  std::string sentence;
};
struct WorkerLost {  ///< from the supervisor: its renderer cannot be started
  std::string reason;
};
struct Alive {  ///< a supervisor in another process, every few seconds: a sign of life, and who it is
  std::string host;
  std::string gpu;  ///< its name among those of the host (farm/rank/gpu_name.hpp); empty: none
};
struct MayBeSilent {
};  ///< the supervisor starts or ends a renderer, and may be silent for as long as a disk makes it wait
/// @}

using Message =
    std::variant<RenderShot, EncodeShot, StopShot, StagingBegins, KillRenderer, Quit, Ready, StepReached,
                 StepGoesOn, DiskAwaited, DiskGone, StagingAsked, StagingEnded, ShotCommitted, ShotFailed,
                 ShotStopped, VideosMade, Notice, WorkerLost, Alive, MayBeSilent>;

}  // namespace pia::farm
