// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "farm/commands/in_turn.hpp"
#include "farm/commands/surroundings.hpp"
#include "farm/launcher/requeue.hpp"
#include "jobs/core/site.hpp"
#include "slurm/job_facts.hpp"

namespace pia::farm {

// What every verb that computes asks and does as the batch process of a Slurm job. `command` is what the user
// submitted, after sbatch and its flags: "pia-farm job.toml".

/// Throws jobs::Error(bad_usage) in a task of a job array.
void refuse_arrays(const Surroundings& here, const std::string& command);

/// What will be computed on, and where.
struct DeviceOfJob {
  const std::string& device;  ///< "cpu", "cuda"
  const jobs::Site& site;
  const std::optional<slurm::JobFacts>& facts;  ///< nothing: Slurm can't be asked
  bool rehearsal = false;                       ///< nothing looks at the device
};

/// Throws jobs::Error(unavailable) where that is a CPU, and not meant so (slurm::refusal).
void refuse_cpus_by_accident(const DeviceOfJob& there, const std::string& command);

/// in_turn with `queue`, whose stop_asked is left empty: `stops` end the wait, and ask Slurm to run the job
/// again where that is due.
jobs::ExitCode in_turn_of_job(Queue queue, BatchStops& stops,
                              const std::function<jobs::ExitCode(const Turn&)>& attempt);

}  // namespace pia::farm
