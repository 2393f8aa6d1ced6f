// SPDX-License-Identifier: Apache-2.0
#include "farm/tenure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "jobs/core/error.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A wait that asked so often whether to go on is not going to end.
constexpr int kEnough = 200;

struct Ear : Watcher {
  void notice(const std::string& sentence) override { heard.push_back(sentence); }
  std::vector<std::string> heard;
};

/// Somebody of this test who is at work in a run directory.
storage::Holder somebody(const std::string& nonce) {
  return storage::describe_self(nonce, "2026-01-02 03:04:05");
}

storage::Holder on_another_machine(const std::string& nonce, const std::string& slurm_job = {}) {
  storage::Holder holder = somebody(nonce);
  holder.host = "node9";
  holder.boot_id = "another boot/pid:[1]";
  holder.slurm_job = slurm_job;
  return holder;
}

/// A run directory that is fought for. Times are of a clock that stands still unless a test turns it.
class TenureStage : public testing::Test {
 protected:
  storage::Lease take(const storage::Holder& holder) {
    auto taken = storage::take_lease({.files = *files_, .run_directory = folder_.path(), .self = holder});
    return std::move(std::get<storage::Lease>(taken));
  }

  /// One that waits. `meanwhile` is called about ten times between two looks at the lease.
  Claimant waiting(const std::function<void(int call)>& meanwhile) {
    return {.job_runs = [this](const std::string&) { return job_runs_; },
            .stop_asked =
                [this, meanwhile] {
                  meanwhile(++calls_);
                  return stop_ || calls_ == kEnough;
                },
            .if_held = IfHeld::wait,
            .now = [this] { return now_; }};
  }
  Tenure claim(const Claimant& claimant) { return {*files_, folder_.path(), claimant, ear_}; }

  /// Why a claim came to nothing.
  jobs::Error refusal(const Claimant& claimant) {
    try {
      claim(claimant);
    } catch (const jobs::Error& error) {
      return error;
    }
    ADD_FAILURE() << "it was given the directory";
    return {jobs::ExitCode::internal, ""};
  }

  tests::TempFolder folder_;
  std::unique_ptr<storage::FileOps> files_ = storage::make_posix_file_ops();
  Ear ear_;
  std::optional<bool> job_runs_;
  std::chrono::nanoseconds now_{0};
  bool stop_ = false;
  int calls_ = 0;
};

TEST_F(TenureStage, BugADamagedLeaseReadAsProcess0OnNoHost) {
  files_->make_folders(folder_ / "lease");
  tests::write_file(folder_ / "lease/0000000001", "half a lea");
  EXPECT_THROW(claim({.job = {}, .stop_asked = [] { return true; }}), jobs::Error);
  ASSERT_EQ(ear_.heard.size(), 1U);
  EXPECT_THAT(ear_.heard[0], HasSubstr("the lease of " + folder_.path() + " is damaged"));
  EXPECT_THAT(ear_.heard[0], HasSubstr("it is taken over after 60 s without a sign of life"));
  EXPECT_THAT(ear_.heard[0], Not(HasSubstr("process 0")));
}

TEST_F(TenureStage, WhoDoesNotWaitHearsWhoHasItWhereAndSinceWhen) {
  const storage::Lease held = take(somebody("first"));
  const jobs::Error error = refusal({});
  EXPECT_EQ(error.code(), jobs::ExitCode::unavailable);
  EXPECT_EQ(error.what(), folder_.path() + " is in use by process " + std::to_string(getpid()) + " on " +
                              somebody("").host +
                              " since 2026-01-02 03:04:05; wait for it, as --wait does, or stop it first");
  EXPECT_TRUE(ear_.heard.empty());
}

// Bug: the next generation, and who waited, made a run directory anew that had been moved away.
TEST_F(TenureStage, BugADirectoryThatWasMovedAwayCameToBeASecondTime) {
  const std::string run = folder_ / "run";
  make_run_directory(*files_, run);
  Tenure tenure(*files_, run, {}, ear_);
  files_->rename(run, folder_ / "away");
  EXPECT_THROW(tenure.next_epoch(), jobs::StorageError);
  EXPECT_FALSE(files_->exists(run));
  files_->rename(folder_ / "away", run);
  tenure.next_epoch();
  EXPECT_EQ(tenure.epoch(), 2U);
}

TEST_F(TenureStage, WhoWaitsIsToldThatTheDirectoryIsGone) {
  const storage::Lease held = take(somebody("first"));
  EXPECT_THROW(claim(waiting([&](int call) {
                 if (call == 2) files_->rename(folder_ / "lease", folder_ / "away");
               })),
               jobs::StorageError);
  files_->rename(folder_ / "away", folder_ / "lease");
}

TEST_F(TenureStage, NobodyIsWaitedForWhereNobodyIs) {
  const Tenure tenure = claim(waiting([](int) { ADD_FAILURE() << "it waited"; }));
  EXPECT_EQ(tenure.epoch(), 1U);
}

TEST_F(TenureStage, WhoWaitsSaysOnceForWhomAndTakesWhatIsGivenBack) {
  storage::Lease held = take(somebody("first"));
  const Tenure tenure = claim(waiting([&](int call) {
    if (call < 15) held.renew();
    if (call == 15) held.release();
  }));
  EXPECT_EQ(tenure.epoch(), 2U);
  ASSERT_EQ(ear_.heard.size(), 1U);
  EXPECT_THAT(ear_.heard[0], HasSubstr("is in use by process " + std::to_string(getpid())));
  EXPECT_THAT(ear_.heard[0], EndsWith("since 2026-01-02 03:04:05; waiting until it ends"));
}

TEST_F(TenureStage, WhoWaitsTakesOverFromAProcessThatDies) {
  const pid_t other = fork();
  if (other == 0) {
    take(somebody("other"));
    while (true) pause();
  }
  const bool begun =
      tests::wait_until([this] { return storage::read_lease(*files_, folder_.path()).has_value(); });
  if (!begun) kill(other, SIGKILL);
  ASSERT_TRUE(begun);
  const Tenure tenure = claim(waiting([&](int call) {
    if (call == 2) kill(other, SIGKILL);
  }));
  EXPECT_EQ(tenure.epoch(), 2U);
  EXPECT_EQ(waitpid(other, nullptr, 0), other);
}

TEST_F(TenureStage, AProcessOfThisMachineThatStandsStillIsWaitedForAllTheSame) {
  storage::Lease held = take(somebody("stopped"));
  const Tenure tenure = claim(waiting([&](int call) {
    now_ += std::chrono::hours(1);
    if (call == 25) held.release();
  }));
  EXPECT_GE(calls_, 25) << "it was taken from a process that lives";
  EXPECT_EQ(ear_.heard.size(), 1U);
}

TEST_F(TenureStage, OneThatWasFasterIsWaitedForToo) {
  storage::Lease first = take(somebody("first"));
  std::optional<storage::Lease> second;
  const Tenure tenure = claim(waiting([&](int call) {
    if (call == 2) {
      first.release();
      storage::Holder faster = somebody("second");
      faster.since = "yesterday";
      second = take(faster);
    }
    if (call == 15) second->release();
  }));
  EXPECT_EQ(tenure.epoch(), 3U);
  ASSERT_EQ(ear_.heard.size(), 2U);
  EXPECT_THAT(ear_.heard[1], HasSubstr("since yesterday"));
}

TEST_F(TenureStage, AStopEndsTheWaitAndLeavesTheOwnerAlone) {
  const storage::Lease held = take(somebody("first"));
  const jobs::Error error = refusal(waiting([this](int call) { stop_ = call == 3; }));
  EXPECT_EQ(error.code(), jobs::ExitCode::run_again);
  EXPECT_THAT(error.what(), StartsWith("stopped while waiting for " + folder_.path()));
  EXPECT_EQ(calls_, 3) << "it went on waiting";
  EXPECT_NO_THROW(held.check());
}

TEST_F(TenureStage, AJobThatRunsElsewhereIsRefusedOrWaitedFor) {
  storage::Lease held = take(on_another_machine("job", slurm::to_text({.id = "77"})));
  job_runs_ = true;
  Claimant hurried = waiting([](int) { ADD_FAILURE() << "it waited"; });
  hurried.if_held = IfHeld::refuse;
  EXPECT_THAT(refusal(hurried).what(), HasSubstr("by Slurm job 77, process"));
  const Tenure tenure = claim(waiting([&](int call) {
    if (call == 15) held.release();
  }));
  EXPECT_EQ(tenure.epoch(), 2U);
  EXPECT_THAT(ear_.heard.back(), EndsWith("; waiting until it ends"));
}

TEST_F(TenureStage, AJobElsewhereIsAskedAboutAgainOnceItsLeaseStandsStill) {
  storage::Lease held = take(on_another_machine("job", slurm::to_text({.id = "77"})));
  job_runs_ = true;
  const Tenure tenure = claim(waiting([&](int call) {
    // It beats for as long as it runs, and dies without a word; then Slurm knows.
    if (call < 15) held.renew();
    if (call == 15) job_runs_ = false;
    now_ += seconds(call < 15 ? 100 : 7);
  }));
  EXPECT_EQ(tenure.epoch(), 2U);
  EXPECT_THROW(held.check(), storage::FencedOff);
  EXPECT_GE(now_, seconds(14 * 100 + 60 + 60)) << "asked when it stood still, then waited out";
  EXPECT_EQ(ear_.heard.size(), 1U);
}

TEST_F(TenureStage, AnOwnerElsewhereThatBeatsIsWaitedForAndOneThatStandsStillTakenOver) {
  storage::Lease held = take(on_another_machine("elsewhere"));
  const Tenure tenure = claim(waiting([&](int call) {
    if (call < 25) held.renew();
    now_ += seconds(7);
  }));
  EXPECT_EQ(tenure.epoch(), 2U);
  EXPECT_GE(now_, seconds(24 * 7 + 60));
  ASSERT_EQ(ear_.heard.size(), 1U);
  EXPECT_THAT(ear_.heard[0],
              EndsWith("which can't be looked at from here; waiting until it ends: it is taken "
                       "over after 60 s without a sign of life"));
}

TEST_F(TenureStage, WithoutWaitAnOwnerElsewhereThatBeatsIsARefusal) {
  storage::Lease held = take(on_another_machine("elsewhere"));
  Claimant hurried = waiting([&](int) { held.renew(); });
  hurried.if_held = IfHeld::refuse;
  EXPECT_EQ(refusal(hurried).code(), jobs::ExitCode::unavailable);
}

}  // namespace
}  // namespace pia::farm
