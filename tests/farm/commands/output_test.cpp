// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/farm/commands/program.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using tests::Home;

TEST(Output, WritesNothingHalfWhenTheDiskOfItsOutputIsFull) {
  const Home home;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "pia-farmd";
  const int status = std::system((program + " --help >/dev/full 2>/dev/null").c_str());
  EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(ExitCode::run_again));
}

TEST(Status, WhyNamesTheVideosOfAShotThatIsDone) {
  const Home home;
  home.rehearse({"job.toml"});
  for (const char* word : {"job.toml", "renders/small"}) {
    const tests::Answer answer = home.call({"status", word, "--why", "one"});
    EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
    EXPECT_THAT(answer.out, testing::HasSubstr("\nis done\n  renders/small/videos/one"));
    EXPECT_THAT(answer.out, testing::HasSubstr("\n    loading "));
  }
}

TEST(Quality, IsToldWhereverAnAnimatorLooks) {
  using testing::ContainsRegex;
  const Home home;
  home.job("[quality]\nmetrics = [\"psnr\", \"motion\", \"flicker\"]\n");
  EXPECT_THAT(home.rehearse({"job.toml", "--json"}).out,
              ContainsRegex("\"measures\":\\{\"psnr\":[0-9.]+,\"motion\":[0-9.]+,\"flicker\":[0-9.]+\\}"));
  const std::string run = home.folder / "renders/small/";
  EXPECT_THAT(tests::file_content(run + "report.txt"),
              ContainsRegex("\n  psnr, of 2 clips\n    least +[0-9.]+ dB +(one|two)\n"));
  EXPECT_THAT(tests::file_content(run + "report.html"), testing::HasSubstr("<h2>Measures of the clips</h2>"));
  EXPECT_THAT(tests::file_content(run + "gallery/index.html"),
              ContainsRegex("psnr [0-9.]+ dB, motion [0-9.]+, flicker [0-9.]+<details>"));
  EXPECT_THAT(home.call({"status", "job.toml", "--why", "one"}).out,
              ContainsRegex("is done\n  psnr [0-9.]+ dB, motion [0-9.]+, flicker [0-9.]+\n"));
  EXPECT_THAT(home.call({"status", "job.toml", "--json"}).out, ContainsRegex("\"measures\": \\{"));
}

TEST(Output, BugTheEndOfARunNamedTheVideosAlone) {
  const Home home;
  const std::string pages = "gallery: renders/small/gallery/index.html\nreport:  renders/small/report.html\n";
  EXPECT_THAT(home.rehearse({"job.toml"}).out, testing::HasSubstr(pages));
  EXPECT_THAT(home.rehearse({"job.toml", "--quiet"}).out, testing::Not(testing::HasSubstr("gallery")));
  EXPECT_THAT(home.rehearse({"job.toml", "--json"}).out,
              testing::HasSubstr("/renders/small/gallery/index.html\",\"report\":\""));
}

TEST(Output, BugLongOutputToAFullDiskEndedWith0) {
  const Home home;
  home.rehearse({"job.toml"});
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "pia-farmd";
  for (const char* words :
       {"plan job.toml", "plan --json job.toml", "schema", "status job.toml", "status --json job.toml",
        "gallery job.toml", "journal job.toml", "verify job.toml"}) {
    const std::string call = "cd " + home.folder.path() + " && " + program + " " + words;
    EXPECT_EQ(WEXITSTATUS(std::system((call + " >/dev/null 2>/dev/null").c_str())), 0) << words;
    EXPECT_EQ(WEXITSTATUS(std::system((call + " >/dev/full 2>/dev/null").c_str())),
              static_cast<int>(ExitCode::run_again))
        << words;
  }
}

}  // namespace
}  // namespace pia::farm
