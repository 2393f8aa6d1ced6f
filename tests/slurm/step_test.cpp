// SPDX-License-Identifier: Apache-2.0
#include "slurm/step.hpp"

#include <gmock/gmock.h>

#include "slurm/batch_script.hpp"

namespace pia::slurm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Ranks = std::vector<NodeRanks>;

TEST(Ranks, OneAGpuWhereThereAreAny) {
  EXPECT_EQ(ranks_of({{"a", 8, 2}, {"b", 8, 4}}, {}), (Ranks{{"a", 2}, {"b", 4}}));
}

TEST(Ranks, ANodeWithoutGpusGetsNoneAmongOthersWithThem) {
  EXPECT_EQ(ranks_of({{"login", 8, 0}, {"b", 8, 4}}, {.in_all = 7}), (Ranks{{"b", 4}}));
}

TEST(Ranks, OneANodeWithoutGpus) {
  EXPECT_EQ(ranks_of({{"a", 8, 0}, {"b", 8, 0}}, {}), (Ranks{{"a", 1}, {"b", 1}}));
  EXPECT_EQ(ranks_of({{"a", 8, 0}, {"b", 8, 0}}, {.per_node = 3}), (Ranks{{"a", 3}, {"b", 3}}));
}

TEST(Ranks, AsManyAsTasksWereAskedForWithoutGpus) {
  EXPECT_EQ(ranks_of({{"a"}, {"b"}, {"c"}}, {.in_all = 5}), (Ranks{{"a", 2}, {"b", 2}, {"c", 1}}));
  EXPECT_EQ(ranks_of({{"a"}, {"b"}, {"c"}}, {.in_all = 2}), (Ranks{{"a", 1}, {"b", 1}}));
}

TEST(Ranks, NoNodesNoRanks) {
  EXPECT_TRUE(ranks_of({}, {.in_all = 5}).empty());
}

TEST(Nodes, SilentOnesAreGivenBackButTheBatchHost) {
  const std::vector<NodeShare> nodes = {{"a", 2, 1}, {"b", 2, 1}, {"c", 2, 1}};
  const std::vector<std::string> all = {"a", "b", "c"};
  const std::vector<std::string> without_b = {"a", "c"};
  EXPECT_EQ(nodes_to_keep(nodes, {}), all);
  EXPECT_EQ(nodes_to_keep(nodes, {"b"}), without_b);
  EXPECT_EQ(nodes_to_keep(nodes, {"a", "b"}), without_b) << "the launcher itself is on the first";
  EXPECT_EQ(nodes_to_keep(nodes, {"d"}), all);
}

TEST(Step, WhereEachNeedsAllTheOthersOnesEndIsTheEndOfAll) {
  const auto words = srun_command(
      {.ranks = {{"a", 2}, {"b", 2}}, .name = "s", .command = {"/bin/train"}, .loss = Step::Loss::all_end});
  EXPECT_THAT(words, Contains("--kill-on-bad-exit=1"));
  EXPECT_THAT(words, Contains("--no-kill=off"))
      << "a user's own SLURM_NO_KILL would leave the others waiting";
  EXPECT_THAT(words, Not(Contains("--no-kill")));
}

TEST(Step, EqualNodesNeedNoHostFile) {
  const Step step{.ranks = {{"a", 2}, {"b", 2}}, .name = "s", .command = {"/bin/rank", "--x"}};
  const auto words = srun_command(step);
  EXPECT_EQ(words.front(), "srun");
  EXPECT_EQ(words.back(), "--x");
  EXPECT_THAT(words, Contains("--mpi=pmix"));
  EXPECT_THAT(words, Contains("--no-kill"));
  EXPECT_THAT(words, Contains("--wait=30"));
  EXPECT_THAT(words, Contains("--ntasks=4"));
  EXPECT_THAT(words, Contains("--nodes=2"));
  EXPECT_THAT(words, Contains("--ntasks-per-node=2"));
  EXPECT_EQ(host_file(step), "");
}

TEST(Step, UnequalNodesAreListedRankByRank) {
  const Step step{.ranks = {{"a", 1}, {"b", 3}}, .name = "s", .command = {"x"}};
  EXPECT_THAT(srun_command(step), Contains("--distribution=arbitrary"));
  EXPECT_THAT(srun_command(step), Not(Contains(StartsWith("--ntasks-per-node"))));
  EXPECT_EQ(host_file(step), "a\nb\nb\nb\n");
}

TEST(BatchScript, HoldsDirectivesBeforeTheOneCommand) {
  const std::string text = batch_script({.job_name = "anime",
                                         .program = "/opt/pia farm/bin/pia-farm",
                                         .words = {"jobs/it's.toml", "--set", "seed=1"},
                                         .sbatch = {"--nodes=3"}});
  EXPECT_EQ(text,
            "#!/usr/bin/env bash\n#SBATCH --requeue\n#SBATCH --open-mode=append\n"
            "#SBATCH --signal=B:USR1@120\n#SBATCH --output=pia-farm-%j.out\n#SBATCH --job-name=anime\n"
            "#SBATCH --nodes=3\n"
            "exec '/opt/pia farm/bin/pia-farm' 'jobs/it'\\''s.toml' '--set' 'seed=1'\n");
}

TEST(BatchScript, ALineEndInAFlagBeginsNoCommand) {
  const std::string text =
      batch_script({.job_name = "a\nrm -rf x", .program = "p", .sbatch = {"--comment=b\nc"}});
  EXPECT_THAT(text, HasSubstr("--job-name=a-rm--rf-x\n"));
  EXPECT_THAT(text, HasSubstr("#SBATCH \"--comment=b c\"\n"));
}

TEST(BatchScript, BugANameOrAFlagWithSpacesOrQuotesBecameOtherFlags) {
  const std::string text = batch_script(
      {.job_name = "it's x --array=0-9", .program = "p", .sbatch = {"--comment=good \"night\""}});
  EXPECT_THAT(text, HasSubstr("#SBATCH --job-name=it-s-x---array-0-9\n"));
  EXPECT_THAT(text, HasSubstr("#SBATCH \"--comment=good \\\"night\\\"\"\n"));
}

TEST(SilentNodes, AreThoseOfWhichNoRankSpeaks) {
  const std::vector<NodeRanks> ranks = {{"a", 2}, {"b", 2}, {"c", 1}};
  EXPECT_EQ(silent_nodes(ranks, {}), std::vector<std::string>{});
  EXPECT_EQ(silent_nodes(ranks, {2}), std::vector<std::string>{});
  EXPECT_EQ(silent_nodes(ranks, {1, 2, 3, 4}), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(silent_nodes(ranks, {17}), std::vector<std::string>{});
}

TEST(SilentNodes, AreLeftOutOfTheNextGenerationUnlessNoOtherIsLeft) {
  const std::vector<NodeShare> nodes = {{"a", 4, 0}, {"b", 4, 0}};
  EXPECT_EQ(without(nodes, {"b", "x"}), (std::vector<NodeShare>{{"a", 4, 0}}));
  EXPECT_EQ(without(nodes, {"a", "b"}), nodes);
}

}  // namespace
}  // namespace pia::slurm
