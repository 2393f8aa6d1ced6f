// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>

#include "farm/run_history.hpp"
#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// What a run directory knows of a plan's shots. Reads only.
struct RunState {
  RunHistory history;
  std::set<jobs::ShotId>
      done;  ///< of the plan: in the store, with the size that the journal has if it has one
  std::set<jobs::ShotId> at_work;       ///< handed out under `epoch`, and no word of their end since
  std::vector<std::string> complaints;  ///< about the journal
};
RunState read_run_state(storage::FileOps& files, const std::string& run_directory, const jobs::Plan& plan,
                        std::uint64_t epoch);

/// How quick a machine is.
struct Pace {
  double seconds_a_cost = 0;  ///< for a unit of a shot's cost (scheduler::ShotWork), with one worker
  std::int64_t shots = 0;     ///< that were measured
};

/// What the shots of earlier runs took on the same kind of device with the same motion weights, which go with
/// models of one size: in the plan's run directory, else in those beside it. Nothing if there are none;
/// rehearsals don't count, nor shots whose plan is gone.
std::optional<Pace> measured_pace(storage::FileOps& files, const jobs::Plan& plan, const std::string& device);

}  // namespace pia::farm
