// SPDX-License-Identifier: Apache-2.0
#include "farm/report/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "farm/report/write.hpp"
#include "tests/farm/report/story.hpp"
#include "tests/support/memory_file_ops.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using testing::HasSubstr;
using testing::Not;
using tests::Story;

/// Minutes since the journal begins.
std::string minute(double seconds) {
  return "Monday " + std::to_string(static_cast<int>(seconds - 1'700'000'000) / 60) + "'";
}

ReportWords words() {
  return {.program = "pia-farm", .render_flags = "", .job_words = "night.toml", .when = minute};
}

/// After a change on purpose: PIA_UPDATE_GOLDEN=1 report_test.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(PIA_GOLDEN) + "/report/" + name;
  if (std::getenv("PIA_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ostringstream kept;
  kept << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(text, kept.str()) << name;
}

const ShotFacts& shot(const RunFacts& facts, const std::string& name) {
  for (const ShotFacts& one : facts.shots) {
    if (one.name == name) return one;
  }
  throw std::logic_error("no such shot");
}

TEST(Report, OfAHardNightIsTheGoldenText) {
  expect_golden("hard_night.txt", report_text(tests::a_hard_night().facts(), words()));
}

TEST(Report, OfAHardNightIsTheGoldenPage) {
  expect_golden("hard_night.html", report_html(tests::a_hard_night().facts(), words()));
}

TEST(Report, ThePageNeedsNothingBesidesItselfAndRunsNothing) {
  Story story;
  story.starts(1).gets(0, "dog").gives_up("dog", "<script>alert(1)</script> & \"quotes\" \x1b[31m");
  const std::string page = report_html(story.facts(), words());
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
}

/// Stopped, killed, ended, edited, ended.
Story a_night_of_many_commands() {
  Story story;
  story.starts(1).gets(0, "cow").stops("cow", 4).is_stopped();
  story.starts(1).gets(0, "dog");
  story.starts(1).gets(0, "cow").commits("cow", 6).gets(0, "dog").commits("dog").finishes(
      jobs::ExitCode::all_done);
  return story.starts(1).gets(0, "cat").commits("cat").finishes(jobs::ExitCode::all_done);
}

TEST(Report, BugItTookTheLastCommandForTheWholeStory) {
  const std::string text = report_text(a_night_of_many_commands().facts(), words());
  EXPECT_THAT(
      text,
      HasSubstr("3 of 3 shots done (2 before this command), 0 failed, 0 left\n"
                "Monday 1' to 16' (15 min 00 s, the farm running for 12 min 00 s of it), 4 starts, 1 worker, "
                "device cuda\n"));
  EXPECT_THAT(text, HasSubstr("survived: 1 start cut off, 0 failed attempts, 0 lost workers\n"
                              "0 steps of 30 done twice (0 %)"));
  EXPECT_THAT(text, HasSubstr("\nStarts\n"
                              "  Monday 1'            3 min 00 s    1 min 00 s of work    "
                              "0 shots; stopped on request\n"
                              "  Monday 5'            1 min 00 s    0.0 s of work         "
                              "0 shots; cut off\n"
                              "  Monday 7'            5 min 00 s    2 min 00 s of work    "
                              "2 shots; finished\n"
                              "  Monday 13'           3 min 00 s    1 min 00 s of work    "
                              "1 shot; finished\n"));
  EXPECT_THAT(text, HasSubstr("  worker 1                        33 % at work  3 shots\n"));
  EXPECT_THAT(report_html(a_night_of_many_commands().facts(), words()),
              HasSubstr("<tr><td>Monday 5'</td><td>1 min 00 s</td><td>0.0 s</td><td>0 shots</td>"
                        "<td>cut off</td></tr>"));
}

TEST(Report, AfterAnEditTellsOfShotsThatAreNoLongerPlanned) {
  const Story story = a_night_of_many_commands();
  const std::string text = report_text(facts_of(story.plan_without("dog"), story.records()), words());
  EXPECT_THAT(text, HasSubstr("\n2 of 2 shots done (1 before this command), 0 failed, 0 left\n"));
  EXPECT_THAT(text, HasSubstr("2 shots (1 not in this plan); finished\n"));
  EXPECT_THAT(text, HasSubstr("\n  shots not in this plan          48 s "));
}

TEST(Report, OfVeryManyStartsListsTheNewest) {
  Story story;
  for (int i = 0; i < 30; ++i) story.starts(1).finishes(jobs::ExitCode::all_done);
  const std::string text = report_text(story.facts(), words());
  EXPECT_THAT(text, HasSubstr("30 starts"));
  EXPECT_THAT(text, HasSubstr("\nStarts\n  6 before\n  Monday 13' "));
  EXPECT_THAT(report_html(story.facts(), words()), HasSubstr(">6 before<"));
}

TEST(Report, BeforeAnythingWasStartedSaysSo) {
  EXPECT_THAT(report_text(Story{}.facts(), words()), HasSubstr("nothing was started yet"));
  EXPECT_THAT(report_html(Story{}.facts(), words()), HasSubstr("nothing was started yet"));
  EXPECT_EQ(workers_text(Story{}.facts(), words(), 0), "nothing was started yet\n");
}

TEST(Workers, AreShownWhereTheyAreAndAtWhat) {
  Story story;
  story.starts(3).is_at(0, "node1", "0").is_at(1, "node1", "1").is_at(2, "node2", "0");
  story.gets(0, "dog").gets(1, "cat").loses(2).commits("dog");
  EXPECT_EQ(workers_text(story.facts(), words(), story.now() + 30),
            "since Monday 1': 3 workers, start 1 of this command\n"
            "1    node1 GPU 0             1 shot done             is free\n"
            "2    node1 GPU 1             0 shots done            renders cat, attempt 1, for 2 min 30 s\n"
            "3    node2 GPU 0             0 shots done            lost: it was not heard of for 30 s\n");
}

TEST(Workers, OfARunThatIsOverWentHomeOrWereCutOff) {
  Story story;
  story.starts(2).gets(0, "dog").gets(1, "cat").commits("cat");
  const std::string text = workers_text(story.facts(), words(), 0);
  EXPECT_THAT(text, HasSubstr("it is over"));
  EXPECT_THAT(text, HasSubstr("was cut off"));
  EXPECT_THAT(text, HasSubstr("went home"));
}

TEST(Why, TellsOfEachAttempt) {
  const RunFacts facts = tests::a_hard_night().facts();
  expect_golden("why_cow.txt", why_text(facts, shot(facts, "cow"), words(), 0));
}

TEST(Why, ADoneShotIsDone) {
  const RunFacts facts = tests::a_hard_night().facts();
  EXPECT_THAT(why_text(facts, shot(facts, "dog"), words(), 0), HasSubstr("\nis done\n"));
}

TEST(Why, BugOfAShotThatAnEarlierCommandMadeItKnewNothing) {
  RunFacts facts = a_night_of_many_commands().facts();
  facts.shots.at(2).videos = {"renders/night/videos/cow.mp4"};
  EXPECT_EQ(why_text(facts, shot(facts, "cow"), words(), 0),
            "cow  " + to_hex(facts.shots.at(2).id) +
                "\n  Monday 2'  attempt 1 on worker 1, up to step 4 of 10, 1 min 00 s: stopped, and kept\n"
                "  Monday 8'  attempt 1 on worker 1, from step 4, up to step 10 of 10, 1 min 00 s: done\n"
                "    loading 5.0 s, encoding 1.0 s, denoising 24 s, decoding 2.0 s\n"
                "is done\n"
                "  renders/night/videos/cow.mp4\n");
}

TEST(Why, AResultThatWasFoundHasNoAttempts) {
  Story story;
  story.starts(1).commits("dog");
  const RunFacts facts = story.facts();
  EXPECT_THAT(why_text(facts, shot(facts, "dog"), words(), 0),
              HasSubstr("\nis done; the journal knows of no attempt at it, its result was found\n"));
}

TEST(Why, AWaitingShotHearsWhoIsBusy) {
  Story story;
  story.starts(1).gets(0, "dog");
  const RunFacts facts = story.facts();
  EXPECT_THAT(why_text(facts, shot(facts, "cow"), words(), story.now()),
              HasSubstr("waits: 1 of 1 worker are at work, and 1 more shots wait"));
  EXPECT_THAT(why_text(facts, shot(facts, "dog"), words(), story.now()), HasSubstr("is being rendered"));
  EXPECT_THAT(why_text(facts, shot(facts, "cow"), words(), 0), HasSubstr("the same command goes on"));
}

/// A run directory of that epoch with something in its journal.
void begin_run(tests::MemoryFileOps& disk, std::uint64_t epoch) {
  disk.make_folders("/runs/night/lease");
  disk.create("/runs/night/lease/000000000" + std::to_string(epoch))->close();
  storage::Journal journal(disk, "/runs/night", epoch, 1);
  journal.append(storage::RecordType::run_started, "{\"workers\":1}");
  journal.commit();
}

TEST(Report, IsWrittenIntoTheRunDirectory) {
  tests::MemoryFileOps disk;
  begin_run(disk, 1);
  EXPECT_EQ(write_report(disk, Story{}.plan(), words(), {.epoch = 1}), "");
  for (const char* name : {"report.txt", "report.html", "status.tsv"})
    EXPECT_TRUE(disk.exists(std::string("/runs/night/") + name));
}

/// A plan whose last shot has a model that says of itself to be rule-made; it lies in `folder`.
jobs::Plan plan_with_rule_made_model(const tests::TempFolder& folder) {
  std::ofstream(folder / "model_index.json") << R"({"_pia_rule": true})";
  jobs::Plan plan = Story{}.plan();
  plan.shots.back().shot.model.path = folder.path();
  return plan;
}

std::string text_of(storage::FileOps& disk, const std::string& path) {
  const auto bytes = disk.read(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Report, BugItWasSilentAboutFramesOfTheRuleMadeModel) {
  const tests::TempFolder folder;
  const jobs::Plan plan = plan_with_rule_made_model(folder);
  tests::MemoryFileOps disk;
  begin_run(disk, 1);
  EXPECT_EQ(write_report(disk, plan, words(), {.epoch = 1}), "");
  EXPECT_THAT(text_of(disk, "/runs/night/report.txt"), Not(HasSubstr("rule-made")))
      << "there is no frame yet";
  storage::Journal journal(disk, "/runs/night", 1, 2);
  journal.append(storage::RecordType::shot_committed, payload_of_commit(plan.shots[0].id, 4096, 1));
  journal.commit();
  EXPECT_EQ(write_report(disk, plan, words(), {.epoch = 1}), "");
  for (const char* name : {"report.txt", "report.html", "gallery/index.html"}) {
    EXPECT_THAT(text_of(disk, std::string("/runs/night/") + name),
                HasSubstr("The model is the tiny rule-made one: its frames are abstract, not pictures."))
        << name;
  }
}

TEST(Report, OfARehearsalSaysThatItWasOne) {
  Story story;
  story.starts(1).gets(0, "dog").commits("dog");
  RunFacts facts = story.facts();
  facts.rule_made = true;
  facts.starts.back().device = "fake";
  EXPECT_THAT(report_text(facts, words()), HasSubstr("\nThis was a rehearsal (--renderer=fake)"));
  EXPECT_THAT(report_text(facts, words()), Not(HasSubstr("rule-made")));
}

TEST(Report, BugACommandThatDidAllItWasAskedForWasCalledUnfinished) {
  Story story;
  story.starts_only({"dog"}).gets(0, "dog").commits("dog").finishes(jobs::ExitCode::all_done);
  const std::string text = report_text(story.facts(), words());
  EXPECT_THAT(text, HasSubstr("1 of 3 shots done, 0 failed, 2 left (not asked for)\n"));
  EXPECT_THAT(text, HasSubstr("\nit did all that it was asked for\n"));
  EXPECT_THAT(report_html(story.facts(), words()), HasSubstr("2 left (not asked for)"));
}

TEST(Report, OfChosenShotsThatAreLeftIsNotFinished) {
  Story story;
  story.starts_only({"dog", "cat"})
      .gets(0, "dog")
      .commits("dog")
      .goes_on(1)
      .finishes(jobs::ExitCode::run_again);
  const std::string text = report_text(story.facts(), words());
  EXPECT_THAT(text, HasSubstr("1 of 3 shots done, 0 failed, 2 left (1 of them not asked for)\n"));
  EXPECT_THAT(text, HasSubstr("\nit is not finished: the same command goes on from here\n"));
  EXPECT_THAT(report_text(story.starts(1).facts(), words()), HasSubstr("0 failed, 2 left\n"));
}

TEST(Report, OfOneThatWasTakenOverIsLeftToItsSuccessor) {
  tests::MemoryFileOps disk;
  begin_run(disk, 1);
  begin_run(disk, 2);
  EXPECT_EQ(write_report(disk, Story{}.plan(), words(), {.epoch = 1}), "");
  EXPECT_FALSE(disk.exists("/runs/night/report.txt"));
}

TEST(StatusTable, OfAHardNightIsTheGoldenText) {
  expect_golden("hard_night.tsv", status_tsv(tests::a_hard_night().facts(), {.epoch = 2}));
}

TEST(StatusTable, HasALineAShotWhateverIsInIt) {
  Story story;
  story.starts(2).gets(0, "dog").gets(1, "cat").fails("cat", 1, "a\tb\nc", {});
  const std::string table = status_tsv(story.facts(), {.epoch = 1, .run = ReportMoment::Run::goes_on});
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\t'), 4 * 6);
  EXPECT_THAT(table, HasSubstr("\tdog\trunning\t"));
  EXPECT_THAT(table, HasSubstr("\tcat\tleft\t1\t"));
  EXPECT_THAT(status_tsv(story.facts(), {.epoch = 1}), HasSubstr("\tdog\tleft\t"));
}

TEST(StatusTable, CountsAttemptsOfTheLastCommandAndNamesWhoMadeWhatWasDoneBefore) {
  Story story = tests::a_hard_night();
  const std::string table = status_tsv(story.starts(1).facts(), {.epoch = 3});
  EXPECT_THAT(table, HasSubstr("\tdog\tdone\t0\t48.0\tnode1 GPU 0\t\n"));
  EXPECT_THAT(table, HasSubstr("\tcow\tleft\t0\t\tnode1 GPU 0\t\n"));
}

TEST(StatusTable, BugTheFirstReportOfANewStartCalledAttemptsOfADeadOneRunning) {
  Story story;
  story.starts(1).gets(0, "dog");
  EXPECT_THAT(status_tsv(story.facts(), {.epoch = 2, .run = ReportMoment::Run::goes_on}),
              HasSubstr("\tdog\tleft\t"));
}

TEST(Report, OfAFolderThatWasNeverRunIsNotWritten) {
  tests::MemoryFileOps disk;
  EXPECT_EQ(write_report(disk, Story{}.plan(), words(), {.epoch = 1}), "");
  EXPECT_FALSE(disk.exists("/runs/night/report.txt"));
}

}  // namespace
}  // namespace pia::farm
