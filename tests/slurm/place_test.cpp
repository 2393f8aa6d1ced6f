// SPDX-License-Identifier: Apache-2.0
#include "slurm/place.hpp"

#include <gtest/gtest.h>

#include <map>

#include "slurm/device_check.hpp"

namespace pia::slurm {
namespace {

using Kind = Place::Kind;

Place place(const std::map<std::string, std::string>& variables) {
  return find_place([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(Place, WithoutSlurmAndMpiIsAlone) {
  EXPECT_EQ(place({}).kind, Kind::alone);
}

TEST(Place, ABatchScriptIsTheLaunchersPlace) {
  const Place batch = place({{"SLURM_JOB_ID", "41"}, {"SLURM_RESTART_COUNT", "2"}, {"SLURM_NTASKS", "6"}});
  EXPECT_EQ(batch.kind, Kind::batch);
  EXPECT_EQ(batch.job, (JobRun{"41", 2}));
  EXPECT_EQ(batch.tasks_wished, 6);
}

TEST(Place, TheFirstStartOfAJobHasNoRestarts) {
  EXPECT_EQ(place({{"SLURM_JOB_ID", "41"}}).job, (JobRun{"41", 0}));
}

TEST(Place, AShellInAnAllocationIsALaunchersPlaceToo) {
  EXPECT_EQ(place({{"SLURM_JOB_ID", "41"}, {"SLURM_STEP_ID", "4294967290"}}).kind, Kind::batch);
}

TEST(Place, ATaskOfAStepIsARankIfThereAreSeveral) {
  const Place rank = place({{"SLURM_JOB_ID", "41"},
                            {"SLURM_STEP_ID", "0"},
                            {"SLURM_NTASKS", "1"},
                            {"SLURM_STEP_NUM_TASKS", "4"},
                            {"SLURM_LOCALID", "1"},
                            {"PMIX_RANK", "3"}});
  EXPECT_EQ(rank.kind, Kind::rank);
  EXPECT_EQ(rank.rank, 3);
  EXPECT_EQ(rank.ranks, 4);
  EXPECT_EQ(rank.local_rank, 1);
  EXPECT_EQ(
      place(
          {{"SLURM_JOB_ID", "41"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"PMIX_RANK", "0"}})
          .kind,
      Kind::alone);
}

TEST(Place, MpirunMakesRanks) {
  const Place rank = place(
      {{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}});
  EXPECT_EQ(rank.kind, Kind::rank);
  EXPECT_EQ(rank.local_rank, 1);
  EXPECT_EQ(place({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}, {"SLURM_JOB_ID", "3"}}).kind,
            Kind::alone);
}

TEST(Place, AJobArrayIsNoticed) {
  EXPECT_EQ(place({{"SLURM_JOB_ID", "41"}, {"SLURM_ARRAY_TASK_ID", "5"}}).array_task, "5");
}

TEST(Gpu, EachRankOfAMachineTakesItsOwn) {
  Place here;
  EXPECT_EQ(gpu_of("0,1", here), "0");
  here.local_rank = 1;
  EXPECT_EQ(gpu_of("0,1", here), "1");
  EXPECT_EQ(gpu_of("GPU-8a,MIG-1b/2/0", here), "MIG-1b/2/0");
}

TEST(Gpu, ARankTooManyHasNone) {
  Place here;
  here.local_rank = 2;
  EXPECT_EQ(gpu_of("0,1", here), std::nullopt);
  EXPECT_EQ(gpu_of(std::nullopt, {}), std::nullopt);
  EXPECT_EQ(gpu_of("", {}), std::nullopt);
}

TEST(Gpu, WhereSlurmBindsItIsTheOneThatIsShown) {
  Place here;
  here.local_rank = 1;
  here.gpu_is_bound = true;
  EXPECT_EQ(gpu_of("0", here), "0");
}

TEST(JobRun, ReadsBackWhatALeaseKeeps) {
  EXPECT_EQ(job_run_from(to_text({"41", 3})), (JobRun{"41", 3}));
  EXPECT_EQ(to_text({}), "");
  for (const char* text : {"", "41", "/1", "41/", "41/x", "41/-1"}) EXPECT_FALSE(job_run_from(text)) << text;
}

TEST(DeviceCheck, NobodyRendersOnCpusByAccident) {
  DeviceQuestion question{.built_for_gpus = true, .cluster_has_gpus = true};
  const auto why = refusal(question, "pia-farm jobs/a.toml");
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("sbatch --gpus-per-node=1 pia-farm jobs/a.toml"), std::string::npos) << *why;
  for (bool DeviceQuestion::*reason :
       {&DeviceQuestion::job_has_gpus, &DeviceQuestion::cpu_asked_for, &DeviceQuestion::rehearsal}) {
    DeviceQuestion meant = question;
    meant.*reason = true;
    EXPECT_FALSE(refusal(meant, "").has_value());
  }
  question.cluster_has_gpus = false;
  EXPECT_FALSE(refusal(question, "").has_value());
}

TEST(DeviceCheck, BugABuildForCpusRenderedOnThemBesideItsGpus) {
  DeviceQuestion question{.job_has_gpus = true, .cluster_has_gpus = true};
  const auto why = refusal(question, "pia-farm jobs/a.toml");
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("PIA_PRESET=cuda ./pia-farm setup"), std::string::npos) << *why;
  for (bool DeviceQuestion::*reason : {&DeviceQuestion::cpu_asked_for, &DeviceQuestion::rehearsal}) {
    DeviceQuestion meant = question;
    meant.*reason = true;
    EXPECT_FALSE(refusal(meant, "").has_value());
  }
  question.job_has_gpus = false;
  EXPECT_FALSE(refusal(question, "").has_value());
}

}  // namespace
}  // namespace pia::slurm
