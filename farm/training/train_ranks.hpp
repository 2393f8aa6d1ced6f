// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "slurm/step.hpp"

namespace pia::farm {

/// The processes that share a training's batches, and where they run.
struct TrainRanks {
  int count = 1;
  int cores = 1;                             ///< for each, at least
  std::vector<slurm::NodeRanks> nodes = {};  ///< of a Slurm job; empty: all on this machine
};

/// On this machine, whose cores they share.
TrainRanks ranks_here(int count);

/// On all nodes of a Slurm job: one a GPU, or as wished where there are none. Throws
/// jobs::Error(unavailable) if the job has no node.
TrainRanks ranks_in_job(const std::vector<slurm::NodeShare>& nodes, const slurm::RankWish& wish);

/// Throws jobs::Error(bad_usage) unless each gets equally many of a batch's clips.
void require_share_for_each(const TrainRanks& ranks, int batch);

/// The command that runs `program` (with its arguments) in each of them: by srun, by mpirun, or by itself.
/// `name` is the step's, for squeue. One that dies ends all.
std::vector<std::string> start_command(const TrainRanks& ranks, const std::string& name,
                                       const std::vector<std::string>& program);

}  // namespace pia::farm
