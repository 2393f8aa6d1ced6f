// SPDX-License-Identifier: Apache-2.0
#include "farm/training/train_ranks.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using Words = std::vector<std::string>;

Words by_mpirun(int count) {
  Words words = {"mpirun", "--oversubscribe", "-n", std::to_string(count)};
  if (geteuid() == 0) words.insert(words.begin() + 1, "--allow-run-as-root");
  return words;
}

int cores_of(const std::vector<slurm::NodeShare>& nodes, const std::string& name) {
  const auto node =
      std::ranges::find_if(nodes, [&](const slurm::NodeShare& share) { return share.name == name; });
  return node == nodes.end() ? 1 : node->cpus;
}

}  // namespace

TrainRanks ranks_here(int count) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return {.count = count, .cores = std::max(1, cores / count)};
}

TrainRanks ranks_in_job(const std::vector<slurm::NodeShare>& nodes, const slurm::RankWish& wish) {
  TrainRanks ranks{.count = 0, .cores = 0, .nodes = slurm::ranks_of(nodes, wish)};
  if (ranks.nodes.empty()) {
    throw jobs::Error(ExitCode::unavailable, "this Slurm job has no node to train on; submit it again");
  }
  for (const slurm::NodeRanks& node : ranks.nodes) {
    const int cores = std::max(1, cores_of(nodes, node.node) / node.ranks);
    ranks.cores = ranks.count == 0 ? cores : std::min(ranks.cores, cores);
    ranks.count += node.ranks;
  }
  return ranks;
}

void require_share_for_each(const TrainRanks& ranks, int batch) {
  if (batch % ranks.count == 0) return;
  const std::string wish = ranks.nodes.empty()
                               ? "--workers is " + std::to_string(ranks.count)
                               : "this Slurm job starts " + std::to_string(ranks.count) + " processes";
  throw jobs::Error(ExitCode::bad_usage, wish + ", and a batch of " + std::to_string(batch) +
                                             " can't be shared out evenly; let it be a multiple");
}

Words start_command(const TrainRanks& ranks, const std::string& name, const Words& program) {
  Words words = program;
  if (!ranks.nodes.empty()) {
    words = slurm::srun_command(
        {.ranks = ranks.nodes, .name = name, .command = program, .loss = slurm::Step::Loss::all_end});
  } else if (ranks.count > 1) {
    words = by_mpirun(ranks.count);
    words.insert(words.end(), program.begin(), program.end());
  } else {
    return words;
  }
  // It finds them on PATH.
  words.insert(words.begin(), "/usr/bin/env");
  return words;
}

}  // namespace pia::farm
