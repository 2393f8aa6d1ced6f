// SPDX-License-Identifier: Apache-2.0
#include "slurm/step.hpp"

#include <algorithm>

namespace pia::slurm {
namespace {

bool are_equal(const std::vector<NodeRanks>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(),
                     [&](const NodeRanks& node) { return node.ranks == nodes.front().ranks; });
}

int sum(const std::vector<NodeRanks>& nodes) {
  int ranks = 0;
  for (const NodeRanks& node : nodes) ranks += node.ranks;
  return ranks;
}

std::string joined(const std::vector<NodeRanks>& nodes) {
  std::string list;
  for (const NodeRanks& node : nodes) list += (list.empty() ? "" : ",") + node.node;
  return list;
}

}  // namespace

std::vector<NodeRanks> ranks_of(const std::vector<NodeShare>& nodes, const RankWish& wish) {
  const bool with_gpus =
      std::any_of(nodes.begin(), nodes.end(), [](const NodeShare& n) { return n.gpus > 0; });
  const int count = static_cast<int>(nodes.size());
  std::vector<NodeRanks> result;
  for (int i = 0; i < count; ++i) {
    const NodeShare& node = nodes[static_cast<std::size_t>(i)];
    const int even = wish.in_all / std::max(1, count) + (i < wish.in_all % std::max(1, count) ? 1 : 0);
    const int ranks = with_gpus ? node.gpus : wish.in_all > 0 ? even : std::max(1, wish.per_node);
    if (ranks > 0) result.push_back({node.name, ranks});
  }
  return result;
}

std::vector<std::string> silent_nodes(const std::vector<NodeRanks>& ranks, const std::set<int>& silent) {
  std::vector<std::string> names;
  int first = 0;
  for (const NodeRanks& node : ranks) {
    int quiet = 0;
    for (int i = 0; i < node.ranks; ++i) quiet += silent.contains(first + i) ? 1 : 0;
    if (node.ranks > 0 && quiet == node.ranks) names.push_back(node.node);
    first += node.ranks;
  }
  return names;
}

std::vector<NodeShare> without(const std::vector<NodeShare>& nodes, const std::set<std::string>& excluded) {
  std::vector<NodeShare> left;
  for (const NodeShare& node : nodes) {
    if (!excluded.contains(node.name)) left.push_back(node);
  }
  return left.empty() ? nodes : left;
}

std::vector<std::string> nodes_to_keep(const std::vector<NodeShare>& nodes,
                                       const std::set<std::string>& silent) {
  std::vector<std::string> names;
  for (const NodeShare& node : nodes) {
    if (names.empty() || !silent.contains(node.name)) names.push_back(node.name);
  }
  return names;
}

std::vector<std::string> srun_command(const Step& step) {
  // Without --overcommit a node whose job has fewer CPUs than GPUs would not take a rank a GPU; without
  // --cpu-bind=none ranks, and the renderers after them, would be tied to one CPU. A rank that dies before
  // MPI is up is missed by nobody: the others wait for it for ever, unless --wait ends them.
  const bool others_go_on = step.loss == Step::Loss::others_go_on;
  std::vector<std::string> words = {"srun",
                                    "--mpi=pmix",
                                    "--quiet",
                                    others_go_on ? "--no-kill" : "--no-kill=off",
                                    others_go_on ? "--kill-on-bad-exit=0" : "--kill-on-bad-exit=1",
                                    "--wait=30",
                                    "--export=ALL",
                                    "--input=none",
                                    "--output=all",
                                    "--error=all",
                                    "--overcommit",
                                    "--cpu-bind=none",
                                    "--cpus-per-task=1",
                                    "--job-name=" + step.name,
                                    "--nodes=" + std::to_string(step.ranks.size()),
                                    "--ntasks=" + std::to_string(sum(step.ranks)),
                                    "--nodelist=" + joined(step.ranks)};
  if (are_equal(step.ranks)) {
    words.push_back("--distribution=block");
    words.push_back("--ntasks-per-node=" + std::to_string(step.ranks.front().ranks));
  } else {
    words.push_back("--distribution=arbitrary");
  }
  words.insert(words.end(), step.command.begin(), step.command.end());
  return words;
}

std::string host_file(const Step& step) {
  if (are_equal(step.ranks)) return "";
  std::string lines;
  for (const NodeRanks& node : step.ranks) {
    for (int i = 0; i < node.ranks; ++i) lines += node.node + "\n";
  }
  return lines;
}

}  // namespace pia::slurm
