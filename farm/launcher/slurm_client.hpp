// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slurm/job_facts.hpp"

namespace pia::farm {

// What is asked of Slurm: a few calls a run, never in a loop. No answer within 20 s, or an error, is
// "unknown": nothing that runs needs Slurm to go on.

std::optional<slurm::JobFacts> ask_about_job(const std::string& job);

/// Whether the job runs; nothing: unknown, also if Slurm has no such job.
std::optional<bool> ask_whether_it_runs(const std::string& job);

/// Whether any node of the cluster has GPUs; false if that is unknown.
bool cluster_has_gpus();

/// Asks for the job to be run again, which ends this start of it at once. Returns an empty text, or why not.
std::string request_requeue(const std::string& job);

/// Gives all nodes of a running job but these back to Slurm: what becomes of the others is nothing to the job
/// any more. What runs on these goes on. Returns an empty text, or why it can't be done.
std::string keep_only(const std::string& job, const std::vector<std::string>& nodes);

}  // namespace pia::farm
