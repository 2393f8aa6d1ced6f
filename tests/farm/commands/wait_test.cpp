// SPDX-License-Identifier: Apache-2.0
// run --wait: what a user sees of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "farm/commands/in_turn.hpp"
#include "farm/launcher/guard.hpp"
#include "farm/run_history.hpp"
#include "farm/tenure.hpp"
#include "storage/journal.hpp"
#include "tests/farm/commands/predecessor.hpp"
#include "tests/farm/farm_process.hpp"
#include "tests/support/wait_until.hpp"

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

/// Whether somebody's call from there has written these words.
bool says(const Home& home, const std::string& words) {
  return tests::file_content(home.folder / "stderr").find(words) != std::string::npos;
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
    EXPECT_TRUE(tests::wait_until([&home] { return says(home, "stopped"); }));
  });
  const Answer answer = home.rehearse({"job.toml", "--out", home.folder / "run", "--wait"});
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.err;
  EXPECT_THAT(answer.err,
              HasSubstr("stopped while waiting for " + home.folder.path() + "/run; run the same"));
}

TEST(Wait, AWarningIsToldOnce) {
  const Home home;
  home.job("[[shot]]\nname = \"close\"\nprompt = { 0 = \"a\", 1 = \"b\" }\n");
  const auto warnings = count(home.call({"check", "job.toml"}).err, "warning:");
  ASSERT_GT(warnings, 0);
  const Predecessor other(home);
  const Answer answer = home.rehearse({"job.toml", "--out", home.folder / "run", "--wait"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_EQ(count(answer.err, "warning:"), warnings) << answer.err;
}

TEST(Wait, IsAnEventBeforeTheRunStarts) {
  const Home home;
  const Predecessor other(home);
  const Answer answer = home.rehearse({"job.toml", "--out", home.folder / "run", "--wait", "--json"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_EQ(count(answer.err, "waiting"), 0) << answer.err;
  std::vector<std::string> events;
  double last = 0;
  std::istringstream lines(answer.out);
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    events.push_back(json["event"]);
    EXPECT_GE(json["elapsed"].get<double>(), last) << line;
    last = json["elapsed"];
    if (json["event"] == "waiting") {
      EXPECT_EQ(json["out"], home.folder.path() + "/run");
    }
  }
  ASSERT_GT(events.size(), 2U);
  EXPECT_EQ(events[0], "waiting");
  EXPECT_EQ(events[1], "run_started");
  EXPECT_EQ(count(answer.out, "\"waiting\""), 1);
}

// What a command does at a run directory, by hand.
class Turns : public testing::Test {
 protected:
  storage::Lease take(const std::string& nonce) const {
    auto taken = storage::take_lease(
        {.files = *files_, .run_directory = folder_.path(), .self = storage::describe_self(nonce, "today")});
    return std::move(std::get<storage::Lease>(taken));
  }
  /// Returns whether the directory was taken. `planned` is called with the number of each plan; `waits`, now
  /// and then while it waits.
  bool queue(const std::function<void(int)>& planned, const std::function<void(int)>& waits) {
    Watcher nobody;
    int calls = 0;
    const auto attempt = [&](const Turn& turn) {
      planned(++plans_);
      const Tenure tenure(*files_, folder_.path(), {.turn = turn}, nobody);
      return ExitCode::all_done;
    };
    const auto stop_asked = [&] {
      waits(++calls);
      return calls == 100;
    };
    return in_turn({.if_held = IfHeld::wait, .watcher = nobody, .stop_asked = stop_asked}, attempt) ==
           ExitCode::all_done;
  }

  tests::TempFolder folder_;
  std::unique_ptr<storage::FileOps> files_ = storage::make_posix_file_ops();
  int plans_ = 0;
};

TEST_F(Turns, BugWhoLostTheRaceForAFreeDirectoryWaitedWithAnOldPlan) {
  storage::Lease first = take("first");
  std::optional<storage::Lease> faster;
  EXPECT_TRUE(queue(
      [&](int plan) {
        if (plan == 2) faster = take("faster");
      },
      [&](int call) {
        if (call == 1) first.release();
        if (faster && call > 5) faster->release();
      }));
  EXPECT_EQ(plans_, 3) << "it took the directory with a plan older than its last wait";
}

TEST_F(Turns, BugAHolderThatEndedBetweenTwoLooksLeftTheOldPlan) {
  std::optional<storage::Lease> passing;
  EXPECT_TRUE(queue(
      [&](int plan) {
        if (plan == 1) passing = take("passing");
      },
      [&](int call) {
        if (call == 1) passing->release();
      }));
  EXPECT_EQ(plans_, 2);
}

TEST_F(Turns, AHolderElsewhereThatStoodStillIsTakenOverWithANewPlan) {
  storage::Holder elsewhere = storage::describe_self("elsewhere", "today");
  elsewhere.boot_id = "another boot/pid:[1]";
  const storage::LeaseWish wish{.files = *files_, .run_directory = folder_.path(), .self = elsewhere};
  storage::Lease held = std::get<storage::Lease>(storage::take_lease(wish));
  const auto seen = storage::read_lease(*files_, folder_.path());
  Watcher nobody;
  held.renew();
  const Turn early{.who_waits = Turn::Waits::caller, .given_up = seen};
  EXPECT_THROW(Tenure(*files_, folder_.path(), {.turn = early}, nobody), HeldByAnother) << "it beat since";
  const Turn late{.who_waits = Turn::Waits::caller, .given_up = storage::read_lease(*files_, folder_.path())};
  EXPECT_EQ(Tenure(*files_, folder_.path(), {.turn = late}, nobody).epoch(), 2U);
}

TEST(Wait, BugTwoThatWaitedRenderedEachOthersShots) {
  const Home home;
  const Home other_home;
  home.job("seed = -1\n");
  const Predecessor first(
      home, [&] { EXPECT_TRUE(tests::wait_until([&other_home] { return says(other_home, "waiting"); })); });
  const std::vector<std::string> words = {
      home.folder / "job.toml", "--out", home.folder / "run", "--wait", "--renderer", "fake",
      "--step-seconds",         "0.3"};
  Answer other;
  std::thread beside([&] { other = other_home.call(words); });
  const Answer answer = home.call(words);
  beside.join();
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_TRUE(other.is(ExitCode::all_done)) << other.err;
  EXPECT_EQ(count(answer.out + other.out, "2 rendered now"), 1) << answer.out << other.out;
  int results = 0;
  for (const auto& [path, bytes] : tests::contents(home.folder / "run/shots"))
    results += path.ends_with(".h5");
  EXPECT_EQ(results, 2) << "both drew a seed";
}

// A batch job of Slurm, whose scontrol writes down what is asked of it.
class WaitInAJob : public testing::Test {
 protected:
  WaitInAJob() {
    std::filesystem::create_directories(home_.folder / "bin");
    tests::write_file(home_.folder / "bin/scontrol",
                      "#!/bin/sh\n[ $1 = requeue ] && echo $* >> " + (home_.folder / "asked") + "\n");
    std::filesystem::permissions(home_.folder / "bin/scontrol", std::filesystem::perms::owner_all);
    setenv("PATH", ((home_.folder / "bin") + ":" + path_).c_str(), 1);
    setenv("SLURM_JOB_ID", "9", 1);
  }
  ~WaitInAJob() override {
    setenv("PATH", path_.c_str(), 1);
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
  }

  Answer launch() const {
    return home_.rehearse({"launch", "job.toml", "--out", home_.folder / "run", "--wait"});
  }

  /// What somebody does who waits and is sent a signal.
  Answer signalled(int signal) const {
    // The directory is not given back before the end.
    const Predecessor other(home_, [&] {
      for (const pid_t pid : tests::processes_of(home_.folder.path())) kill(pid, signal);
      EXPECT_TRUE(tests::wait_until([this] { return says(home_, "to stop while"); }));
    });
    return launch();
  }
  std::string asked() const { return tests::file_content(home_.folder / "asked"); }

  std::string path_ = getenv("PATH");
  Home home_;
};

TEST_F(WaitInAJob, BugAWarningOfSlurmsDuringTheWaitEndedTheJobForGood) {
  const Answer answer = signalled(SIGUSR1);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.err;
  EXPECT_EQ(asked(), "requeue 9\n") << answer.err;
}

TEST_F(WaitInAJob, BugALauncherThatCrashedWasRunAgainForEver) {
  sigset_t before;
  sigprocmask(SIG_SETMASK, nullptr, &before);
  const auto killed_by = [](int signal) {
    return guarded("9", [signal] {
      ::signal(signal, SIG_DFL);
      raise(signal);
      return ExitCode::all_done;
    });
  };
  EXPECT_EQ(killed_by(SIGFPE), ExitCode::internal);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(killed_by(SIGKILL), ExitCode::run_again);
  EXPECT_EQ(asked(), "requeue 9\n");
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(WaitInAJob, APersonsCtrlCEndsItForGood) {
  const Answer answer = signalled(SIGINT);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.err;
  EXPECT_EQ(asked(), "") << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("stopped by hand"));
}

TEST_F(WaitInAJob, BugARequeueDuringTheWaitTookThePredecessorsPlanForItsOwn) {
  unsetenv("SLURM_JOB_ID");
  EXPECT_TRUE(home_.rehearse({"job.toml", "--out", home_.folder / "run"}).is(ExitCode::all_done));
  setenv("SLURM_JOB_ID", "9", 1);
  setenv("SLURM_RESTART_COUNT", "1", 1);
  home_.job("[[shot]]\nname = \"three\"\nprompt = \"a cow\"\n");
  const Answer answer = launch();
  EXPECT_FALSE(answer.is(ExitCode::all_done)) << answer.out;
  EXPECT_THAT(tests::file_content(home_.folder / "run/plan.json"), HasSubstr("a cow"));
}

TEST_F(WaitInAJob, ARequeueGoesOnWithThePlanOfItsOwnStart) {
  const std::string run = home_.folder / "run";
  unsetenv("SLURM_JOB_ID");
  EXPECT_TRUE(home_.rehearse({"job.toml", "--out", run}).is(ExitCode::all_done));
  {
    const auto files = storage::make_posix_file_ops();
    auto taken = storage::take_lease(
        {.files = *files, .run_directory = run, .self = storage::describe_self("own", "today")});
    auto& lease = std::get<storage::Lease>(taken);
    storage::Journal journal(*files, run, lease.epoch(), 1000);
    journal.append(storage::RecordType::run_started,
                   payload_of(RunStarted{.renderer = "fake", .slurm_job = "9"}));
    journal.commit();
    lease.release();
  }
  setenv("SLURM_JOB_ID", "9", 1);
  setenv("SLURM_RESTART_COUNT", "1", 1);
  home_.job("[[shot]]\nname = \"three\"\nprompt = \"a cow\"\n");
  const Answer answer = launch();
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
  EXPECT_EQ(tests::file_content(home_.folder / "run/plan.json").find("a cow"), std::string::npos);
}

}  // namespace
}  // namespace pia::farm
