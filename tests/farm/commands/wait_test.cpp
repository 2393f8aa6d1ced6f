// SPDX-License-Identifier: Apache-2.0
// run --wait: what a user sees of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/farm/commands/predecessor.hpp"
#include "tests/farm/farm_process.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;
using tests::Answer;
using tests::Home;
using tests::Predecessor;

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(Wait, ARunThatWaitsSaysSoOnceAndRendersAfterwards) {
  const Home home;
  const Predecessor other(home);
  const Answer answer = home.rehearse({"job.toml", "--out", home.folder / "run", "--wait"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_EQ(count(answer.err, "waiting until it ends"), 1) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("since yesterday"));
  EXPECT_THAT(answer.out, HasSubstr("2 rendered now"));
}

TEST(Wait, WhatIsAskedForWhenTheOtherEndsIsRendered) {
  const Home home;
  const Predecessor other(home, [&home] { home.job("[[shot]]\nname = \"three\"\nprompt = \"a cow\"\n"); });
  const Answer answer = home.rehearse({"job.toml", "--out", home.folder / "run", "--wait"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("3 rendered now"));
}

TEST(Wait, AMistakeInTheJobIsToldBeforeTheWait) {
  const Home home;
  {
    const Predecessor other(home);
    home.job("colour = \"red\"\n");
    const Answer answer = home.rehearse({"job.toml", "--out", home.folder / "run", "--wait"});
    EXPECT_TRUE(answer.is(ExitCode::bad_config)) << answer.err;
    EXPECT_EQ(count(answer.err, "waiting"), 0);
    std::ofstream(home.folder / "stderr") << "waiting until it ends";
  }
}

TEST(Wait, ASignalEndsItAtOnce) {
  const Home home;
  // It never gives the directory back: the signal comes from its last act.
  const Predecessor other(home, [&home] {
    for (const pid_t pid : tests::processes_of(home.folder.path())) kill(pid, SIGINT);
    while (tests::file_content(home.folder / "stderr").find("stopped") == std::string::npos) usleep(1000);
  });
  const Answer answer = home.rehearse({"job.toml", "--out", home.folder / "run", "--wait"});
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.err;
  EXPECT_THAT(answer.err,
              HasSubstr("stopped while waiting for " + home.folder.path() + "/run; run the same"));
}

}  // namespace
}  // namespace pia::farm
