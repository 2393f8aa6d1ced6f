// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dsl/job_file.hpp"

namespace pia::dsl {
namespace {

std::string said(const std::string& text) {
  std::string all;
  for (const Diagnostic& diagnostic : compile_site("/etc/site.toml", text).diagnostics) {
    all += to_string(diagnostic) + "\n";
  }
  return all;
}

TEST(SiteFile, NothingMeansTheDefaults) {
  EXPECT_EQ(compile_site("/etc/site.toml", "").site, jobs::Site{});
  EXPECT_EQ(compile_site("/etc/site.toml", "[worker]\n[paths]\n[slurm]\n").site, jobs::Site{});
}

TEST(SiteFile, EveryKeyIsRead) {
  const auto compiled = compile_site("/etc/site.toml", R"(
[slurm]
partition = "gpu"
nodes = 4
gpus_per_node = 8
cpus_per_task = 6
time = "08:00:00"
signal = 300
[worker]
device = "cuda"
dtype = "bf16"
threads = 3
checkpoint_every = 2.5
model_budget = "auto"
attempts = 5
scratch = ""
[paths]
models = "/shared/models"
motions = ["near", "/far"]
images = "pictures/../photos"
loras = "loras"
)");
  ASSERT_TRUE(compiled.site.has_value());
  EXPECT_EQ(*compiled.site,
            (jobs::Site{.device = jobs::DeviceWish::cuda,
                        .dtype = jobs::Dtype::bf16,
                        .threads = 3,
                        .checkpoint_every = 2.5,
                        .attempts = 5,
                        .scratch = "",
                        .model_roots = {"/shared/models"},
                        .motion_roots = {"/etc/near", "/far"},
                        .image_roots = {"/etc/photos"},
                        .lora_roots = {"/etc/loras"},
                        .sbatch = {"--cpus-per-task=6", "--gpus-per-node=8", "--nodes=4", "--partition=gpu",
                                   "--signal=B:USR1@300", "--time=08:00:00"}}));
}

TEST(SiteFile, NoGpusANodeAreNotAskedFor) {
  EXPECT_EQ(compile_site("/s", "[slurm]\ngpus_per_node = 0\n").site, jobs::Site{});
}

TEST(SiteFile, AutoIsTheDefault) {
  EXPECT_EQ(
      compile_site("/s", "[worker]\ndevice = \"auto\"\ndtype = \"auto\"\nmodel_budget = \"auto\"\n").site,
      jobs::Site{});
}

TEST(SiteFile, EveryMistakeIsSaidAtOnce) {
  EXPECT_EQ(said("[worker]\ndevise = \"cuda\"\nthreads = -1\nmodel_budget = \"8G\"\nattempts = "
                 "0\n[slurms]\n[slurm]\nnodes = "
                 "\"four\"\ngpu = 3\n[paths]\nmodels = 3\nwildcards = 3\n[worker.x]\n"),
            "/etc/site.toml:2:1: error: unknown key \"devise\" in [worker]; did you mean \"device\"?\n"
            "/etc/site.toml:3:11: error: threads must be a whole number from 0 to 4096, not -1\n"
            "/etc/site.toml:4:16: error: model_budget must be \"auto\", not \"8G\"\n"
            "/etc/site.toml:5:12: error: attempts must be a whole number from 1 to 100, not 0\n"
            "/etc/site.toml:6:2: error: unknown key \"slurms\" in a site file; did you mean \"slurm\"?\n"
            "/etc/site.toml:8:9: error: nodes must be a whole number from 1 to 2147483647, not \"four\"\n"
            "/etc/site.toml:9:1: error: unknown key \"gpu\" in [slurm]; did you mean \"gpus_per_node\"?\n"
            "/etc/site.toml:11:10: error: models must be a string in quotes, not 3\n"
            "/etc/site.toml:12:13: error: wildcards must be a string in quotes, not 3\n"
            "/etc/site.toml:13:9: error: unknown key \"x\" in [worker]; pia-farm schema --reference lists "
            "all keys\n");
}

TEST(SiteFile, WhatIsNotTomlIsSaidOnce) {
  EXPECT_FALSE(compile_site("/s", "[worker\n").site.has_value());
  EXPECT_EQ(compile_site("/s", "[worker\n").diagnostics.size(), 1U);
}

}  // namespace
}  // namespace pia::dsl
