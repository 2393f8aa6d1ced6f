// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "farm/rank/options.hpp"
#include "farm/rank/orders.hpp"
#include "farm/version.hpp"
#include "jobs/core/error.hpp"

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
                      .digest_file = "/c"};
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
