// SPDX-License-Identifier: Apache-2.0
// What rank 0 tells the others, and what Slurm prints.
#include "farm/rank/orders.hpp"
#include "jobs/core/error.hpp"
#include "slurm/job_facts.hpp"
#include "slurm/node_list.hpp"
#include "tests/support/fuzz.hpp"

int main() {
  using namespace pia;
  const std::vector<std::string> seeds = {
      farm::to_text(
          {.run_directory = "/data/run", .renderer = "fake:crash@3", .device = "cuda", .threads = 2}),
      "JobId=41 JobState=RUNNING Requeue=1 EndTime=2026-11-22T22:10:01 NodeList=node[1-3]\n"
      "Nodes=node[1-2] CPU_IDs=0-1 Mem=0 GRES=gpu:a100:2(IDX:0-1)\nNodes=n3 CPU_IDs=0,3 "
      "GRES=gpu:1(IDX:1),shard:4",
      "r[1-2,07]n[08-10]x,gpu2"};
  return tests::fuzz("orders", seeds, [](const std::string& input) {
    slurm::parse_job(input);
    slurm::expand_nodes(input);
    try {
      farm::orders_from(input);
    } catch (const jobs::InputError&) {
    }
  });
}
