// SPDX-License-Identifier: Apache-2.0
#include "farm/local_run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>

#include "farm/run_directory.hpp"
#include "farm/run_history.hpp"
#include "jobs/core/error.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/file_ops.hpp"
#include "storage/journal.hpp"
#include "storage/lease.hpp"
#include "storage/shot_store.hpp"
#include "tests/farm/rehearsal.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using tests::Rehearsal;
using tests::TempFolder;

/// Keeps what was said.
struct Record : Watcher {
  void attempt_failed(scheduler::WorkerId, const jobs::PlannedShot&, int,
                      const std::string& reason) override {
    reasons.push_back(reason);
  }
  void assigned(scheduler::WorkerId, const jobs::PlannedShot&, int) override { ++assignments; }
  void notice(const std::string& sentence) override { notices.push_back(sentence); }
  void finished(const Summary& value) override { summary = value; }
  std::vector<std::string> reasons;
  std::vector<std::string> notices;
  int assignments = 0;
  Summary summary;
};

std::vector<jobs::ShotResult> results_of(const Rehearsal& rehearsal) {
  const auto files = storage::make_posix_file_ops();
  const storage::ShotStore store(*files, rehearsal.run_directory());
  std::vector<jobs::ShotResult> results;
  for (const auto& shot : rehearsal.plan().shots) {
    auto result = store.load(shot.id);
    if (result) results.push_back(std::move(*result));
  }
  return results;
}

void expect_same_pixels(const std::vector<jobs::ShotResult>& a, const std::vector<jobs::ShotResult>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].clip, b[i].clip);
    EXPECT_EQ(a[i].latents, b[i].latents);
  }
}

int videos_in(const Rehearsal& rehearsal) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(rehearsal.run_directory() + "/videos")) {
    count += entry.path().extension() == ".gif" ? 1 : 0;
  }
  return count;
}

TEST(LocalRun, MakesEveryShotAndItsVideo) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  EXPECT_EQ(rehearsal.run(record), ExitCode::all_done);
  EXPECT_EQ(results_of(rehearsal).size(), 4U);
  EXPECT_EQ(videos_in(rehearsal), 4);
  EXPECT_EQ(record.summary.done_now, 4);
}

RunHistory history_of(const Rehearsal& rehearsal) {
  const auto files = storage::make_posix_file_ops();
  std::vector<std::string> complaints;
  return fold(storage::replay(*files, rehearsal.run_directory()).records, complaints);
}

TEST(LocalRun, JournalsWhatIsMeasuredOfEachClip) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  jobs::Plan plan = rehearsal.plan();
  plan.output.metrics = {jobs::Metric::psnr, jobs::Metric::motion, jobs::Metric::flicker};
  Record record;
  ASSERT_EQ(run_locally(plan, rehearsal.site(), rehearsal.options(), record), ExitCode::all_done);
  const RunHistory history = history_of(rehearsal);
  ASSERT_EQ(history.measures.size(), 4U);
  for (const auto& [shot, measures] : history.measures) {
    EXPECT_GT(measures.psnr.value_or(0), 1);
    EXPECT_GT(measures.motion.value_or(0), 1);
    EXPECT_GT(measures.flicker.value_or(0), 1);
  }
}

TEST(LocalRun, MeasuresNothingOfClipsThatAreDone) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  jobs::Plan plan = rehearsal.plan();
  plan.output.metrics = {jobs::Metric::motion};
  const int before = record.assignments;
  ASSERT_EQ(run_locally(plan, rehearsal.site(), rehearsal.options(), record), ExitCode::all_done);
  EXPECT_EQ(record.assignments, before);
  EXPECT_TRUE(history_of(rehearsal).measures.empty());
}

TEST(LocalRun, RendersNothingTwice) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(second.assignments, 0);
  EXPECT_EQ(second.summary.done_before, 4);
}

/// Counts reports; each must be written by who holds the lease.
Reports counted_reports(const Rehearsal& rehearsal, std::atomic<int>& over, std::atomic<int>& on) {
  return {.write =
              [&rehearsal, &over, &on](const ReportMoment& moment) {
                const auto files = storage::make_posix_file_ops();
                const auto lease = storage::read_lease(*files, rehearsal.run_directory());
                EXPECT_TRUE(lease && lease->kind == storage::LeaseState::Kind::held);
                EXPECT_EQ(lease->epoch, moment.epoch);
                ++(moment.run == ReportMoment::Run::is_over ? over : on);
                return std::string();
              },
          .every = std::chrono::milliseconds(1)};
}

// Bug: reports were written after the lease was given back, when the next run may have begun.
TEST(LocalRun, WritesReportsWhileItHoldsTheLease) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  std::atomic<int> over = 0;
  std::atomic<int> on = 0;
  LocalRunOptions options = rehearsal.options();
  options.reports = counted_reports(rehearsal, over, on);
  Record record;
  ASSERT_EQ(run_locally(rehearsal.plan(), rehearsal.site(), options, record), ExitCode::all_done);
  EXPECT_EQ(over, 1);
  // A run that finds nothing to do writes the one that a killed run left unwritten.
  ASSERT_EQ(run_locally(rehearsal.plan(), rehearsal.site(), options, record), ExitCode::all_done);
  EXPECT_EQ(over, 2);
}

TEST(Reporter, WritesAgainAndAgain) {
  std::atomic<int> count = 0;
  const Reports reports{.write =
                            [&count](const ReportMoment&) {
                              ++count;
                              return std::string();
                            },
                        .every = std::chrono::milliseconds(1)};
  const Reporter reporter(reports, 1);
  EXPECT_TRUE(tests::wait_until([&count] { return count >= 3; }));
}

// Bug: a coordinator that died between a result and its record left it without one for ever, and reports
// called the shot unfinished.
TEST(LocalRun, WritesTheRecordsOfCommitsThatTheJournalLacks) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  std::filesystem::remove_all(rehearsal.run_directory() + "/journal");
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  std::vector<std::string> complaints;
  const auto files = storage::make_posix_file_ops();
  const auto history = fold(storage::replay(*files, rehearsal.run_directory()).records, complaints);
  EXPECT_EQ(history.committed.size(), 4U);
}

TEST(LocalRun, RendersOnlyWhatTheJobGained) {
  const TempFolder folder;
  Rehearsal rehearsal{.folder = folder.path()};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  rehearsal.shots = 6;
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(second.assignments, 2);
}

TEST(LocalRun, MakesALostVideoAgainWithoutRendering) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  std::filesystem::remove(rehearsal.run_directory() + "/videos/shot-2.gif");
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(videos_in(rehearsal), 4);
  EXPECT_EQ(second.assignments, 0);
}

/// Every video's bytes, by name.
std::map<std::string, std::vector<std::byte>> video_bytes(const Rehearsal& rehearsal) {
  std::map<std::string, std::vector<std::byte>> found;
  const auto files = storage::make_posix_file_ops();
  for (const auto& entry : std::filesystem::directory_iterator(rehearsal.run_directory() + "/videos")) {
    found[entry.path().filename()] = files->read(entry.path());
  }
  return found;
}

TEST(LocalRun, BugVideosMadeWithOtherSettingsWereKept) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  const jobs::Plan plan = rehearsal.plan();
  jobs::Plan slower = plan;
  for (jobs::PlannedShot& shot : slower.shots) shot.fps = 4;
  jobs::Plan bare = plan;
  bare.output.metadata = false;
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  const auto made = video_bytes(rehearsal);
  for (const jobs::Plan& changed : {slower, bare}) {
    Record after;
    EXPECT_EQ(run_locally(changed, rehearsal.site(), rehearsal.options(), after), ExitCode::all_done);
    EXPECT_EQ(after.summary.done_before, 4);
    for (const auto& [name, bytes] : video_bytes(rehearsal)) EXPECT_NE(bytes, made.at(name)) << name;
  }
  EXPECT_EQ(rehearsal.run(record), ExitCode::all_done);
  EXPECT_EQ(video_bytes(rehearsal), made);
}

TEST(LocalRun, MakesNoVideoAgainThatIsAsItShouldBe) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  jobs::Plan plan = rehearsal.plan();
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  const std::string gif = rehearsal.run_directory() + "/videos/shot-1.gif";
  const auto inode = storage::make_posix_file_ops()->status(gif).inode;
  plan.output.formats = {jobs::VideoFormat::gif, jobs::VideoFormat::webp};
  plan.output.crf = 30;
  EXPECT_EQ(run_locally(plan, rehearsal.site(), rehearsal.options(), record), ExitCode::all_done);
  EXPECT_EQ(storage::make_posix_file_ops()->status(gif).inode, inode);
  EXPECT_TRUE(std::filesystem::exists(rehearsal.run_directory() + "/videos/shot-1.webp"));
}

TEST(LocalRun, BugAnEncodeTaskWasSwallowedByAWorkerThatRendered) {
  const TempFolder folder;
  Rehearsal rehearsal{.folder = folder.path(), .shots = 8};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  std::filesystem::remove_all(rehearsal.run_directory() + "/videos");
  rehearsal.shots = 9;
  rehearsal.step_seconds = 0.05;
  rehearsal.script = "crash@2:1/" + to_hex(rehearsal.plan().shots[8].id).substr(0, 12);
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(videos_in(rehearsal), 9);
}

TEST(LocalRun, BugARefusedRunReplacedThePlan) {
  const TempFolder folder;
  Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  LocalRunOptions real = rehearsal.options();
  real.renderer = "torch";
  rehearsal.shots = 6;
  EXPECT_THROW(run_locally(rehearsal.plan(), rehearsal.site(), real, record), jobs::Error);
  const auto files = storage::make_posix_file_ops();
  EXPECT_EQ(read_plan(*files, rehearsal.run_directory())->shots.size(), 4U);
}

TEST(LocalRun, GivesTheSameBytesOnOneWorkerAndOnThree) {
  const TempFolder one;
  const TempFolder three;
  Record record;
  const Rehearsal alone{.folder = one.path(), .workers = 1};
  const Rehearsal together{.folder = three.path(), .workers = 3};
  ASSERT_EQ(alone.run(record), ExitCode::all_done);
  ASSERT_EQ(together.run(record), ExitCode::all_done);
  expect_same_pixels(results_of(alone), results_of(together));
}

class Misbehaving : public testing::TestWithParam<const char*> {};

/// Looks, when an attempt has failed, how many steps of the shot are kept.
struct FailureRecord : Record {
  explicit FailureRecord(const Rehearsal& rehearsal) : run_directory(rehearsal.run_directory()) {}
  void attempt_failed(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int attempt,
                      const std::string& reason) override {
    Record::attempt_failed(worker, shot, attempt, reason);
    const auto files = storage::make_posix_file_ops();
    const auto found =
        storage::CheckpointStore(*files, run_directory).load(shot.id, jobs::Dtype::fp32, "fake").checkpoint;
    steps_kept[shot.id] = found ? found->next_step : 0;
  }
  std::string run_directory;
  std::map<jobs::ShotId, int> steps_kept;
};

TEST_P(Misbehaving, ARendererCostsOneAttemptAndTheShotIsRetriedFromItsCheckpoint) {
  const TempFolder good_folder;
  const TempFolder bad_folder;
  Record record;
  const Rehearsal good{.folder = good_folder.path()};
  ASSERT_EQ(good.run(record), ExitCode::all_done);
  const std::string what = GetParam();
  const Rehearsal bad{.folder = bad_folder.path(), .script = what + ":1"};
  FailureRecord failures(bad);
  EXPECT_EQ(bad.run(failures), ExitCode::all_done);
  EXPECT_EQ(failures.reasons.size(), 4U) << "one failed attempt a shot";
  const auto results = results_of(bad);
  expect_same_pixels(results_of(good), results);
  for (const jobs::ShotResult& result : results) {
    const int kept = failures.steps_kept.at(result.id);
    EXPECT_EQ(result.timings.steps_done, bad.steps - kept) << "the others are not done again";
    // Who dies may be faster than its checkpoints; who lies has written them all.
    EXPECT_TRUE(kept == 6 || !what.ends_with("@6")) << kept;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Misbehaving,
                         testing::Values("crash@3", "kill@3", "exit0@3", "black@6", "nan@6", "skip@3"),
                         [](const auto& kind) {
                           const std::string name = kind.param;
                           return name.substr(0, name.find('@'));
                         });

TEST(LocalRun, GivesAShotUpAfterThreeAttemptsAndFinishesTheOthers) {
  const TempFolder folder;
  Rehearsal rehearsal{.folder = folder.path()};
  const std::string sick = to_hex(rehearsal.plan().shots[1].id).substr(0, 12);
  rehearsal.script = "crash@2/" + sick;
  Record record;
  EXPECT_EQ(rehearsal.run(record), ExitCode::some_failed);
  EXPECT_EQ(results_of(rehearsal).size(), 3U);
  ASSERT_EQ(record.summary.failures.size(), 1U);
  EXPECT_EQ(record.summary.failures[0].name, "shot-1");
  EXPECT_NE(record.summary.failures[0].reason.find("SIGSEGV"), std::string::npos)
      << record.summary.failures[0].reason;
  EXPECT_EQ(record.reasons.size(), 3U);
}

TEST(LocalRun, DoesNotRetryAShotWhoseInputIsBad) {
  const TempFolder folder;
  Rehearsal rehearsal{.folder = folder.path()};
  rehearsal.script = "fail@0/" + to_hex(rehearsal.plan().shots[1].id).substr(0, 12);
  Record record;
  EXPECT_EQ(rehearsal.run(record), ExitCode::some_failed);
  EXPECT_EQ(record.reasons.size(), 1U);
}

TEST(LocalRun, GivesFailedShotsFreshAttemptsOnANewCommand) {
  const TempFolder folder;
  Rehearsal rehearsal{.folder = folder.path()};
  rehearsal.script = "crash@2";
  Record first;
  EXPECT_EQ(rehearsal.run(first), ExitCode::some_failed);
  rehearsal.script.clear();
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(results_of(rehearsal).size(), 4U);
}

std::string first_result(const Rehearsal& rehearsal) {
  const auto files = storage::make_posix_file_ops();
  return storage::ShotStore(*files, rehearsal.run_directory()).path(rehearsal.plan().shots[0].id);
}

TEST(LocalRun, RendersADamagedResultAgain) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  const auto good = results_of(rehearsal);
  const std::string path = first_result(rehearsal);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 7);
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(second.assignments, 1);
  expect_same_pixels(good, results_of(rehearsal));
}

TEST(LocalRun, BugADamagedResultWithoutItsVideoWasCalledDoneForEver) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  const auto good = results_of(rehearsal);
  const std::string path = first_result(rehearsal);
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(1000).put('x');
  for (const auto& video : std::filesystem::directory_iterator(rehearsal.run_directory() + "/videos")) {
    std::filesystem::remove(video);
  }
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::some_failed);
  ASSERT_EQ(second.summary.video_troubles.size(), 1U);
  EXPECT_NE(second.summary.video_troubles[0].find("rendered again by the same command"), std::string::npos);
  Record third;
  EXPECT_EQ(rehearsal.run(third), ExitCode::all_done);
  EXPECT_EQ(third.assignments, 1);
  expect_same_pixels(good, results_of(rehearsal));
  EXPECT_EQ(videos_in(rehearsal), 4);
}

TEST(LocalRun, TrustsNoResultWithoutAJournalRecordUntilItHasReadIt) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  std::filesystem::remove_all(rehearsal.run_directory() + "/journal");
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(second.assignments, 0);
}

TEST(LocalRun, BugARehearsalWithoutItsJournalWasTakenForRealRenders) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record first;
  ASSERT_EQ(rehearsal.run(first), ExitCode::all_done);
  std::filesystem::remove_all(rehearsal.run_directory() + "/journal");
  LocalRunOptions real = rehearsal.options();
  real.renderer = "torch";
  Record second;
  try {
    run_locally(rehearsal.plan(), rehearsal.site(), real, second);
    FAIL();
  } catch (const jobs::Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_config);
    EXPECT_NE(std::string(error.what()).find("rehearsal"), std::string::npos);
  }
}

TEST(LocalRun, RefusesTheFolderOfAnotherJob) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  jobs::Plan other = rehearsal.plan();
  other.job_name = "another";
  try {
    run_locally(other, rehearsal.site(), rehearsal.options(), record);
    FAIL();
  } catch (const jobs::Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_config);
    EXPECT_NE(std::string(error.what()).find("rehearsal"), std::string::npos);
  }
}

TEST(LocalRun, BugAFolderWhosePlanWasLostWasAnybodys) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  std::filesystem::remove(rehearsal.run_directory() + "/plan.json");
  jobs::Plan other = rehearsal.plan();
  other.job_name = "another";
  EXPECT_THROW(run_locally(other, rehearsal.site(), rehearsal.options(), record), jobs::Error);
  Record second;
  EXPECT_EQ(rehearsal.run(second), ExitCode::all_done);
  EXPECT_EQ(second.assignments, 0);
}

TEST(LocalRun, BugOtherThreadsThanTheSitesWereUsedWithoutAWord) {
  const TempFolder folder;
  Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  EXPECT_TRUE(record.notices.empty());
  jobs::Site site = rehearsal.site();
  site.threads = 2;
  rehearsal.shots = 5;
  EXPECT_EQ(run_locally(rehearsal.plan(), site, rehearsal.options(), record), ExitCode::all_done);
  ASSERT_EQ(record.notices.size(), 1U);
  EXPECT_NE(record.notices[0].find("a worker has 1 CPU thread here, not 2"), std::string::npos)
      << record.notices[0];
}

TEST(LocalRun, NeverMixesARehearsalWithRealRenders) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path()};
  Record record;
  ASSERT_EQ(rehearsal.run(record), ExitCode::all_done);
  LocalRunOptions real = rehearsal.options();
  real.renderer = "torch";
  EXPECT_THROW(run_locally(rehearsal.plan(), rehearsal.site(), real, record), jobs::Error);
}

TEST(LocalRun, SaysSoWhenARendererCannotStart) {
  const TempFolder folder;
  const Rehearsal rehearsal{.folder = folder.path(), .script = "no such mishap"};
  Record record;
  EXPECT_EQ(rehearsal.run(record), ExitCode::unavailable);
  EXPECT_FALSE(record.summary.trouble.empty());
  EXPECT_EQ(record.summary.left(), 4);
}

}  // namespace
}  // namespace pia::farm
