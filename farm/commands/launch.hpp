// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/commands/options.hpp"
#include "farm/commands/surroundings.hpp"
#include "jobs/core/exit_code.hpp"

namespace pia::farm {

/// What `run` is inside a Slurm job: the launcher, behind its guard. The first start of a job plans anew, as
/// any command of a user; a requeued one goes on with the plan that is kept, if that is its own. If it is
/// told to stop while it waits for another run, Slurm runs it again as it does a launcher. Throws
/// jobs::Error: what the job file says, what run directory and allocation lack, and that a job array is the
/// wrong way to get more machines.
jobs::ExitCode launch_in_job(const RunOptions& options, const Surroundings& surroundings);

/// What `run` is as one of several MPI processes without a launcher (mpirun -n 4 pia-farmd JOB): rank 0
/// plans, takes the lease and looks at what is done, then each becomes pia-farm-rank. Returns only by an
/// exception.
jobs::ExitCode become_a_rank(const RunOptions& options, const Surroundings& surroundings);

/// Throws jobs::Error(unavailable): `launch` was said outside a Slurm job.
[[noreturn]] void refuse_to_launch_here(const RunOptions& options);

}  // namespace pia::farm
