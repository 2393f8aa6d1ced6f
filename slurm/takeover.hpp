// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "slurm/place.hpp"

namespace pia::slurm {

/// Two that want one run directory: the holder of its lease, who can't be looked at from here, and this
/// process.
struct Rivals {
  std::optional<JobRun> holder = {};  ///< nothing: not in Slurm
  std::optional<JobRun> self = {};
  bool same_boot = false;                ///< of this machine, but in another container
  std::optional<bool> holder_runs = {};  ///< by Slurm; nothing: it can't be asked, or has no such job
};

/// How long the holder's lease must stand still, by the asker's own monotonic clock, before it counts as
/// dead: 15 s for an earlier start of the same job and in another container of this machine, 60 s elsewhere
/// (a machine of the same name may be another one), 10 minutes if it was a job and Slurm can't be asked.
/// Nothing: its job runs, so there is nothing to wait for.
std::optional<std::chrono::seconds> patience(const Rivals& rivals);

}  // namespace pia::slurm
