// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace pia::slurm {

/// Looks an environment variable up.
using Variables = std::function<std::optional<std::string>(const char* name)>;

/// One run of a batch job: the job, and how often it was requeued before.
struct JobRun {
  std::string id;
  int restarts = 0;
  bool operator==(const JobRun&) const = default;
};
std::string to_text(const JobRun& run);  ///< "41/0", as a lease keeps it
std::optional<JobRun> job_run_from(const std::string& text);

/// Where a process was started.
struct Place {
  enum class Kind {
    alone,  ///< one machine: by hand, or as the only task of a step
    batch,  ///< in an allocation, outside its steps: the launcher's place
    rank    ///< one of several MPI processes
  } kind = Kind::alone;
  JobRun job;                   ///< of Slurm; no id outside
  int rank = 0;                 ///< in the MPI world
  int ranks = 1;                ///< of the MPI world
  int local_rank = 0;           ///< among the ranks of this machine
  bool gpu_is_bound = false;    ///< Slurm shows this rank its own GPU only
  std::string array_task = {};  ///< of a job array; empty: none
  int tasks_wished = 0;         ///< sbatch --ntasks; 0: not given
};

/// Reads what Slurm, Open MPI and PMIx tell their processes.
Place find_place(const Variables& variable);

/// The GPU of a rank: an entry of CUDA_VISIBLE_DEVICES (numbers, UUIDs, MIG names) by the local rank; the
/// first where Slurm binds GPUs to tasks. Nothing if there are more ranks on the machine than GPUs for them,
/// or no GPU at all.
std::optional<std::string> gpu_of(const std::optional<std::string>& visible_devices, const Place& place);

}  // namespace pia::slurm
