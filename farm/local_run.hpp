// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "farm/reporter.hpp"
#include "farm/tenure.hpp"
#include "farm/watcher.hpp"
#include "jobs/core/exit_code.hpp"
#include "jobs/core/plan.hpp"
#include "jobs/core/site.hpp"

namespace pia::farm {

/// How a run on one machine is made.
struct LocalRunOptions {
  int workers = 1;
  std::string device = "cpu";      ///< "cpu" or "cuda"
  std::string renderer = "torch";  ///< "torch", or "fake" with an optional script: "fake:crash@3"
  double fake_step_seconds = 0.02;
  std::string digest_file = {};         ///< of the digest cache; empty: there is none
  std::vector<jobs::ShotId> only = {};  ///< render these shots alone; empty: all. The kept plan stays whole
  Reports reports = {};
  Turn turn = {};  ///< at the run directory
};

/// Renders the plan into plan.out on this machine: takes the lease, finds what is done, hands the rest to
/// `workers` renderers, until all is done, given up or stopped by a signal. The first signal stops at the
/// next step, the second at once. Says what happens to `watcher`. Throws jobs::Error if it can't begin
/// (another run has the directory, it belongs to another job, no renderer).
jobs::ExitCode run_locally(const jobs::Plan& plan, const jobs::Site& site, const LocalRunOptions& options,
                           Watcher& watcher);

}  // namespace pia::farm
