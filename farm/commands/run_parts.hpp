// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "farm/claimant.hpp"
#include "farm/clocks.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/options.hpp"
#include "farm/commands/surroundings.hpp"
#include "farm/reporter.hpp"
#include "farm/watcher.hpp"
#include "jobs/core/exit_code.hpp"
#include "jobs/core/plan.hpp"
#include "jobs/core/site.hpp"

namespace pia::farm {

/// What `run` and `render` hand to the farm.
struct RunParts {
  const jobs::Plan& plan;
  const jobs::Site& site;
  std::string device;
  std::vector<jobs::ShotId> only;  ///< render these alone; empty: all
  Turn turn = {};                  ///< at the run directory
};

/// What `run` needs besides to do the same again: "--workers 3 --only 'name=a*' ".
std::string run_flags(const RunOptions& options);

/// What a display shows.
struct DisplayWish {
  const RunOptions& options;
  std::optional<jobs::ShotId> only = {};  ///< the shot that `render --shot` names
  std::function<scheduler::TimePoint()> now = steady_now;
};

/// Calls `work` with the display that fits where the output goes.
jobs::ExitCode with_display(const DisplayWish& wish, const Surroundings& surroundings,
                            const std::function<jobs::ExitCode(Watcher&)>& work);

/// Throws jobs::Error(bad_config) for a plan without shots.
void require_shots(const jobs::Plan& plan);

/// What writes the report of a run of `plan`, which outlives it.
WriteReport report_of(const jobs::Plan& plan, const RunOptions& options, const Surroundings& surroundings);

/// Renders on this machine, followed by `watcher`.
jobs::ExitCode run_plan(const RunParts& parts, const RunOptions& options, const Surroundings& surroundings,
                        Watcher& watcher);

}  // namespace pia::farm
