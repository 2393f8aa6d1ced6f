// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "scheduler/event.hpp"

namespace pia::scheduler {

struct Assign {
  WorkerId worker;
  jobs::ShotId shot;
  int attempt = 1;
};  ///< attempt counts from 1
struct StopShot {
  WorkerId worker;
  jobs::ShotId shot;
};  ///< checkpoint at the next step, then stop
struct KillRenderer {
  WorkerId worker;
  jobs::ShotId shot;
};  ///< it hangs: kill its process, start another
struct GiveUp {
  jobs::ShotId shot;
};  ///< all attempts spent, or no retry makes sense
struct Dismiss {
  WorkerId worker;
};  ///< nothing left for it

using Command = std::variant<Assign, StopShot, KillRenderer, GiveUp, Dismiss>;

}  // namespace pia::scheduler
