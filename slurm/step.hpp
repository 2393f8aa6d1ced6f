// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "slurm/job_facts.hpp"

namespace pia::slurm {

/// How many ranks a node gets.
struct NodeRanks {
  std::string node;
  int ranks = 1;
  bool operator==(const NodeRanks&) const = default;
};

/// What a user asked for besides nodes.
struct RankWish {
  int in_all = 0;    ///< sbatch --ntasks; 0: not given
  int per_node = 1;  ///< without GPUs and without --ntasks
};

/// One rank a GPU, and none on nodes without; if no node has a GPU, as wished. Keeps the order of the nodes,
/// which is Slurm's: the batch host first.
std::vector<NodeRanks> ranks_of(const std::vector<NodeShare>& nodes, const RankWish& wish);

/// The nodes of which every rank is among `silent` (numbers of ranks, counted through `ranks`).
std::vector<std::string> silent_nodes(const std::vector<NodeRanks>& ranks, const std::set<int>& silent);

/// `nodes` without those that are called so; all of them if none would be left: a try costs little.
std::vector<NodeShare> without(const std::vector<NodeShare>& nodes, const std::set<std::string>& excluded);

/// The nodes that a job need not give back to Slurm: all but the silent ones, and the first in any case,
/// where the job itself lives.
std::vector<std::string> nodes_to_keep(const std::vector<NodeShare>& nodes,
                                       const std::set<std::string>& silent);

struct Step {
  std::vector<NodeRanks> ranks;      ///< at least one
  std::string name;                  ///< of the step, for squeue
  std::vector<std::string> command;  ///< program and arguments
  /// What becomes of the other ranks where one dies, or a node is lost.
  enum class Loss { others_go_on, all_end } loss = Loss::others_go_on;
};

/// The command line that starts a generation, by PMIx. Every wish of the user that reached the job's
/// environment and would fit this step ill is overridden by a flag.
std::vector<std::string> srun_command(const Step& step);

/// What SLURM_HOSTFILE must hold for that command: a node a line and rank; empty where all nodes have equally
/// many ranks and no such file is needed.
std::string host_file(const Step& step);

}  // namespace pia::slurm
