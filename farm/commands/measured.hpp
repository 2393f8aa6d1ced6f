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

/// Seconds that a unit of a shot's cost (scheduler::ShotWork) took in earlier runs; nothing if none was
/// measured. Shots whose cost is not known, because the plan has changed, don't count.
std::optional<double> seconds_a_cost(storage::FileOps& files, const std::string& run_directory,
                                     const jobs::Plan& plan);

}  // namespace pia::farm
