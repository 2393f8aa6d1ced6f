// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "farm/rank/gpu_name.hpp"
#include "farm/rank/options.hpp"
#include "farm/rank/orders.hpp"
#include "farm/version.hpp"
#include "jobs/core/error.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

TEST(RankOptions, ReadBackWhatTheLauncherWrites) {
  const RankOptions options{.run_directory = "/data/a run",
                            .epoch = 12,
                            .nonce = "1-2-3",
                            .slurm_job = "41/2",
                            .device = "cuda",
                            .renderer = "fake:crash@3",
                            .fake_step_seconds = 0.1,
                            .digest_file = "/home/a b/.cache/digests",
                            .scratch = "$LOCAL_DISK/a b",
                            .threads = 5,
                            .attempts = 7,
                            .checkpoint_every = 1.0 / 3,
                            .silence = 2.5,
                            .voice = "json",
                            .program = "./pia-farm",
                            .render_flags = "--renderer fake ",
                            .run_flags = "--workers 3 ",
                            .job_words = "--set 'a=-1' x.toml"};
  EXPECT_EQ(rank_options(rank_arguments(options)), options);
  EXPECT_EQ(rank_options(rank_arguments(RankOptions{})), RankOptions{});
  EXPECT_EQ(rank_options({}), RankOptions{});
}

TEST(RankOptions, BugHelpSpokeOfTheMainFunction) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(rank_options({"--help"}).has_value());
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_NE(help.find("one rank of a farm; started by pia-farmd, not by hand"), std::string::npos);
  EXPECT_NE(help.find("pia-farm-rank [OPTIONS]"), std::string::npos);
}

/// What the driver of a host with four GPUs shows, of which a rank may use some.
class DriverFiles {
 public:
  explicit DriverFiles(const std::vector<int>& usable) {
    int minor = 3;
    for (const char* bus : {"0000:0b:00.0", "0000:1c:00.0", "0000:a0:00.0", "0000:e1:00.0"}) {
      const auto gpu = folder_.path() + "/proc/driver/nvidia/gpus/" + bus;
      std::filesystem::create_directories(gpu);
      tests::write_file(gpu + "/information",
                        "Model: \t\t NVIDIA H200\nIRQ:   \t\t 170\nGPU UUID: \t GPU-8a\n"
                        "Device Minor: \t " +
                            std::to_string(minor--) + "\n");
    }
    std::filesystem::create_directories(folder_.path() + "/dev");
    for (const int gpu : usable) tests::write_file(folder_.path() + "/dev/nvidia" + std::to_string(gpu), "");
  }
  std::vector<int> usable() const { return usable_gpus(folder_.path()); }

 private:
  tests::TempFolder folder_;
};

TEST(GpuName, BugBoundRanksOfAHostAllNamedTheirGpuZeroSoThatStrikesHitItsNeighbours) {
  const slurm::Place first{.local_rank = 0, .gpu_is_bound = true};
  const slurm::Place second{.local_rank = 1, .gpu_is_bound = true};
  EXPECT_EQ(gpu_name("0", first, DriverFiles({3}).usable()), "3");
  EXPECT_EQ(gpu_name("0", second, DriverFiles({2}).usable()), "2");
  EXPECT_NE(gpu_name("0", first, {}), gpu_name("0", second, {})) << "where the driver does not tell";
}

TEST(GpuName, CountsTheGpusThatARankMayUseByTheirBusAddresses) {
  EXPECT_EQ(DriverFiles({0, 1, 2, 3}).usable(), (std::vector<int>{3, 2, 1, 0}));
  EXPECT_EQ(gpu_name("1", {}, DriverFiles({0, 1, 2, 3}).usable()), "2");
  EXPECT_EQ(gpu_name("1", {}, DriverFiles({0, 3}).usable()), "0");
  EXPECT_EQ(gpu_name("1", {}, DriverFiles({}).usable()), "1");
  EXPECT_EQ(gpu_name("MIG-1b/2/0", {}, {3}), "MIG-1b/2/0") << "which is one everywhere";
}

TEST(RankOptions, RefuseWhatNobodyWrites) {
  EXPECT_THROW(rank_options({"--device=tpu"}), jobs::Error);
  EXPECT_THROW(rank_options({"--threads=0"}), jobs::Error);
  EXPECT_THROW(rank_options({"--silence=0"}), jobs::Error);
  EXPECT_THROW(rank_options({"--epochs=1"}), jobs::Error);
}

TEST(Orders, ReadBackWhatRankZeroWrites) {
  const Orders orders{.run_directory = "/data/run",
                      .renderer = "fake:hang@2",
                      .device = "cuda",
                      .threads = 3,
                      .checkpoint_every = 0.5,
                      .fake_step_seconds = 0.001,
                      .sign_every = 0.3,
                      .digest_file = "/c",
                      .scratch = "/local"};
  EXPECT_EQ(orders_from(to_text(orders)), orders);
}

TEST(Orders, OfAnotherBuildOrOfNobodyAreRefused) {
  std::string other = to_text({.run_directory = "/x"});
  const auto at = other.find(kVersion);
  other.replace(at, std::string(kVersion).size(), "99.0.0");
  EXPECT_THROW(orders_from(other), jobs::InputError);
  for (const char* text : {"", "{}", "[]", "null", "{\"is\":\"orders\"}", "\xff"}) {
    EXPECT_THROW(orders_from(text), jobs::InputError) << text;
  }
}

TEST(Orders, CutAnywhereAreRefused) {
  const std::string whole = to_text({.run_directory = "/x"});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(orders_from(whole.substr(0, length)), jobs::InputError);
  }
}

}  // namespace
}  // namespace pia::farm
