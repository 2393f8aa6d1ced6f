// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/launcher/requeue.hpp"
#include "farm/rank/options.hpp"
#include "farm/reporter.hpp"
#include "farm/run_history.hpp"
#include "farm/tenure.hpp"
#include "farm/watcher.hpp"
#include "jobs/core/exit_code.hpp"
#include "jobs/core/plan.hpp"
#include "jobs/core/site.hpp"
#include "slurm/place.hpp"
#include "slurm/step.hpp"

namespace pia::farm {

/// What the launcher of a Slurm job is told.
struct LaunchOptions {
  slurm::Place place;
  BatchStops& stops;
  slurm::RankWish ranks;
  RankOptions told;  ///< to each generation's rank 0; epoch and threads are the launcher's to fill in
  RunStarted::Command command = RunStarted::Command::anew;  ///< goes_on: with what is kept of this job
  std::vector<jobs::ShotId> only = {};  ///< render these alone; empty: all. A requeue goes on with its own
  Reports reports = {};
  Turn turn = {};  ///< at the run directory
};

/// The launcher: holds the lease of the plan's run directory and runs one generation of ranks after the other
/// in this allocation until all is done, until slurm::judge gives up (exit 70), or until its BatchStops ask
/// it to stop. Then it lets the ranks checkpoint, asks Slurm to run the job again, and returns 75. Silent
/// nodes are given back to Slurm; the loss of any other node, the batch host too, ends the job, and Slurm
/// runs it again (PROTOCOL.md). No MPI; no thread but the one that writes reports. `watcher` follows a run
/// that has nothing to do, and gets notices. Throws jobs::Error if it can't begin.
jobs::ExitCode launch(const jobs::Plan& plan, const jobs::Site& site, const LaunchOptions& options,
                      Watcher& watcher);

}  // namespace pia::farm
