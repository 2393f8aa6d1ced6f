// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pia::slurm {

/// What a job has of one node.
struct NodeShare {
  std::string name;
  int cpus = 1;
  int gpus = 0;
  bool operator==(const NodeShare&) const = default;
};

/// What Slurm says of a job.
struct JobFacts {
  std::string state;             ///< "RUNNING"; "COMPLETING" hides what it was before
  std::optional<std::tm> end;    ///< when its time is over, local time; nothing: unlimited
  bool may_requeue = true;       ///< not submitted with --no-requeue
  std::vector<NodeShare> nodes;  ///< without those that the job lost
};

/// Reads what `scontrol show job --details <id>` prints, with or without --oneliner. GPUs are counted
/// whatever their type (gpu:a100:2, MIG slices too). Nothing if it tells of no job: an error of scontrol is
/// "unknown", not "gone".
std::optional<JobFacts> parse_job(std::string_view text);

}  // namespace pia::slurm
