// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "farm/claimant.hpp"
#include "farm/watcher.hpp"
#include "jobs/core/exit_code.hpp"

namespace pia::farm {

/// How somebody waits for a run directory that another run has.
struct Queue {
  IfHeld if_held = IfHeld::refuse;
  slurm::JobRun job = {};  ///< no id outside Slurm
  Watcher& watcher;
  std::function<bool()> stop_asked = {};  ///< empty: by any of the stop signals
};

/// Calls `attempt`, which plans and then takes a run directory, and does it again after each wait for one
/// that had it: what is kept there decides too (drawn seeds, the job's name), and the job file may be edited
/// meanwhile, so who takes a directory has planned with no wait since. This is the only place in which a
/// command that plans waits: `attempt` hands its Turn on and lets HeldByAnother through. Throws as
/// LeaseWait::until_free and `attempt`.
jobs::ExitCode in_turn(const Queue& queue, const std::function<jobs::ExitCode(const Turn&)>& attempt);

}  // namespace pia::farm
