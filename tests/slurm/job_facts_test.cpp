// SPDX-License-Identifier: Apache-2.0
#include "slurm/job_facts.hpp"

#include <gtest/gtest.h>

#include "slurm/node_list.hpp"

namespace pia::slurm {
namespace {

using Names = std::vector<std::string>;

// As scontrol of Slurm 22.05 prints it.
constexpr const char* kJob = R"(JobId=41 JobName=pia-farm
   UserId=root(0) GroupId=root(0) MCS_label=N/A
   Priority=4294901759 Nice=0 Account=(null) QOS=(null)
   JobState=RUNNING Reason=None Dependency=(null)
   Requeue=1 Restarts=1 BatchFlag=1 Reboot=0 ExitCode=0:0
   DerivedExitCode=0:0
   RunTime=00:00:03 TimeLimit=00:10:00 TimeMin=N/A
   SubmitTime=2026-11-22T22:00:00 EligibleTime=2026-11-22T22:00:00
   StartTime=2026-11-22T22:00:01 EndTime=2026-11-22T22:10:01 Deadline=N/A
   Partition=main AllocNode:Sid=vm:1
   NodeList=node[1-3]
   BatchHost=node1
   NumNodes=3 NumCPUs=6 NumTasks=3 CPUs/Task=1 ReqB:S:C:T=0:0:*:*
   TRES=cpu=6,node=3,billing=6,gres/gpu=5
   JOB_GRES=gpu:5
     Nodes=node[1-2] CPU_IDs=0-1 Mem=0 GRES=gpu:a100:2(IDX:0-1)
     Nodes=node3 CPU_IDs=0,3 Mem=0 GRES=gpu:1g.5gb:1(IDX:1),shard:4(IDX:0-3)
   Command=/opt/pia farm/bin/pia-farm jobs/anime.toml
   WorkDir=/home/somebody
)";

TEST(JobFacts, AreReadFromWhatSlurmPrints) {
  const auto facts = parse_job(kJob);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->state, "RUNNING");
  EXPECT_TRUE(facts->may_requeue);
  const std::vector<NodeShare> nodes = {{"node1", 2, 2}, {"node2", 2, 2}, {"node3", 2, 1}};
  EXPECT_EQ(facts->nodes, nodes);
  ASSERT_TRUE(facts->end.has_value());
  EXPECT_EQ(facts->end->tm_year, 126);
  EXPECT_EQ(facts->end->tm_mon, 10);
  EXPECT_EQ(facts->end->tm_mday, 22);
  EXPECT_EQ(facts->end->tm_hour, 22);
  EXPECT_EQ(facts->end->tm_min, 10);
  EXPECT_EQ(facts->end->tm_sec, 1);
}

TEST(JobFacts, NodesWithoutDetailsAreStillNodes) {
  const auto facts = parse_job("JobId=1 JobState=RUNNING EndTime=Unknown Requeue=0 NodeList=n[08-10]");
  ASSERT_TRUE(facts.has_value());
  const std::vector<NodeShare> nodes = {{"n08"}, {"n09"}, {"n10"}};
  EXPECT_EQ(facts->nodes, nodes);
  EXPECT_FALSE(facts->end.has_value());
  EXPECT_FALSE(facts->may_requeue);
}

TEST(JobFacts, AnErrorOfScontrolIsNoJob) {
  EXPECT_FALSE(parse_job("slurm_load_jobs error: Invalid job id specified").has_value());
  EXPECT_FALSE(parse_job("").has_value());
  EXPECT_FALSE(parse_job("JobId=7").has_value());
}

TEST(JobFacts, APendingJobHasNoNodes) {
  const auto facts = parse_job("JobId=1 JobState=PENDING NodeList=(null)");
  ASSERT_TRUE(facts.has_value());
  EXPECT_TRUE(facts->nodes.empty());
}

TEST(NodeList, IsExpandedInItsOrder) {
  EXPECT_EQ(expand_nodes("node[1-3,7]"), (Names{"node1", "node2", "node3", "node7"}));
  EXPECT_EQ(expand_nodes("b,a"), (Names{"b", "a"}));
  EXPECT_EQ(expand_nodes("n[08-10]"), (Names{"n08", "n09", "n10"}));
  EXPECT_EQ(expand_nodes("r[1-2]n[1-2]x"), (Names{"r1n1x", "r1n2x", "r2n1x", "r2n2x"}));
}

TEST(NodeList, WhatIsNoListIsNoNodes) {
  for (const char* text : {"", ",", "a,,b", "n[1", "n[]", "n[2-1]", "n[a-b]", "n[1-999999999]", "n[1-]",
                           "n[1-99999]m[1-99999]", "n[1-99999999999999999999]"}) {
    EXPECT_TRUE(expand_nodes(text).empty()) << text;
  }
}

}  // namespace
}  // namespace pia::slurm
