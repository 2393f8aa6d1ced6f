// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

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
  slurm::RankWish ranks;
  std::string device = "cpu";      ///< "cpu" or "cuda"
  std::string renderer = "torch";  ///< as LocalRunOptions
  double fake_step_seconds = 0.02;
  double silence = 30;               ///< seconds without a sign of life that make a rank a lost one
  std::string digest_file = {};      ///< of the digest cache; empty: none
  std::string voice = "normal";      ///< of rank 0: "normal", "quiet" or "json"
  std::string program = "pia-farm";  ///< as the user types it
  std::string render_flags = {};     ///< for commands that repeat something, as WatchSetting
  std::string run_flags = {};        ///< for commands that repeat something
  std::string job_words = {};
};

/// The launcher: holds the lease of the plan's run directory and runs one generation of ranks after the other
/// in this allocation until all is done, until three in a row kept nothing new (exit 70), or until it is told
/// to stop: by SIGUSR1, SIGUSR2 or SIGTERM, or by its own clock before the allocation ends. Then it lets the
/// ranks checkpoint, asks Slurm to run the job again, and returns 75. No MPI, no threads. `watcher` follows a
/// run that has nothing to do, and gets notices. Throws jobs::Error if it can't begin.
jobs::ExitCode launch(const jobs::Plan& plan, const jobs::Site& site, const LaunchOptions& options,
                      Watcher& watcher);

}  // namespace pia::farm
