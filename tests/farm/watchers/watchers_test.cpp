// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/watchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "farm/run_files.hpp"
#include "tests/farm/watchers/watch_stage.hpp"

namespace pia::farm {
namespace {

using renderer::Phase;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tests::WatchStage;

TEST(PlainWatcher, SaysALineAnEventWithTheTimeSinceTheStart) {
  WatchStage stage;
  const auto& shot = stage.plan.shots[0];
  const auto watcher = make_plain_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->assigned(stage.worker, shot, 1);
  stage.pass(75.5);
  watcher->committed(stage.worker, shot, {});
  watcher->videos_made(shot, {.shot = shot.id, .files = {"videos/shot-0.mp4"}, .trouble = {}});
  EXPECT_EQ(stage.said(),
            "0:00:00 job stage: 3 shots, 3 to render; 1 worker on cpu, 2 threads\n"
            "0:00:00 shot-0: started by worker 1\n"
            "0:01:15 shot-0: done in 1 min 16 s (1 of 3)\n"
            "0:01:15 shot-0: renders/stage/videos/shot-0.mp4\n");
  EXPECT_THAT(stage.complained(), IsEmpty());
}

TEST(PlainWatcher, BugAShotThatWentOnFromACheckpointSeemedToBeginAnew) {
  WatchStage stage;
  const auto& shot = stage.plan.shots[0];
  const auto watcher = make_plain_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->assigned(stage.worker, shot, 1);
  watcher->progressed(stage.worker, shot, {Phase::loading, 3, 4, 0});
  watcher->progressed(stage.worker, shot, {Phase::denoising, 4, 4, 0.5});
  const std::string line = "0:00:00 shot-0: started by worker 1\n0:00:00 shot-0: goes on from step 3 of 4\n";
  EXPECT_TRUE(stage.said().ends_with(line)) << stage.said();
  watcher->attempt_failed(stage.worker, shot, 1, "killed");
  watcher->assigned(stage.worker, shot, 2);
  watcher->progressed(stage.worker, shot, {Phase::loading, 0, 4, 0});
  watcher->progressed(stage.worker, shot, {Phase::denoising, 1, 4, 0.5});
  EXPECT_TRUE(stage.said().ends_with("shot-0: started by worker 1, attempt 2\n")) << stage.said();
}

TEST(PlainWatcher, NamesReasonLogAndTheCommandThatRepeatsAFailedShot) {
  WatchStage stage;
  const auto& shot = stage.plan.shots[1];
  const std::string logs = log_folder(stage.plan.out, shot.id);
  std::filesystem::create_directories(logs);
  for (const char* name : {"/e9-a1.log", "/e10-a1.log", "/e10-a2.log"}) std::ofstream(logs + name) << "x";
  const auto watcher = make_plain_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->assigned(stage.worker, shot, 1);
  watcher->attempt_failed(stage.worker, shot, 1, "killed by signal 11");
  watcher->gave_up(shot, "killed by signal 11");
  EXPECT_THAT(stage.complained(), HasSubstr("shot-1: attempt 1 failed: killed by signal 11; log: "
                                            "renders/stage/logs/" +
                                            to_hex(shot.id) + "/e10-a1.log\n"));
  EXPECT_THAT(stage.complained(),
              HasSubstr("./pia-farm render --shot " + to_hex(shot.id).substr(0, 12) + " stage.toml\n"));
}

TEST(PlainWatcher, SaysWhereItStandsWhenNothingHappenedForHalfAMinute) {
  WatchStage stage;
  const auto watcher = make_plain_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start({stage.plan.shots[2].id}));
  const std::string before = stage.said();
  stage.pass(29);
  watcher->tick(stage.now);
  EXPECT_EQ(stage.said(), before);
  stage.pass(1);
  watcher->tick(stage.now);
  watcher->tick(stage.now);
  EXPECT_EQ(stage.said(), before + "0:00:30 1 of 3 done, 2 left\n");
}

TEST(PlainWatcher, ShowsNoControlCharactersOfANameOrAReason) {
  WatchStage stage;
  stage.plan.shots[0].name = "evil\x1b[2J\nname";
  const auto watcher = make_plain_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->assigned(stage.worker, stage.plan.shots[0], 1);
  watcher->attempt_failed(stage.worker, stage.plan.shots[0], 1, "because\r\nof this");
  EXPECT_THAT(stage.said() + stage.complained(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(stage.complained(), HasSubstr("because??of this"));
}

TEST(Closing, SaysWhatWasMadeWhatFailedAndHowToGoOn) {
  WatchStage stage(5);
  const auto watcher = make_quiet_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  const auto& failed = stage.plan.shots[1];
  watcher->finished({.shots = 5,
                     .done_before = 1,
                     .done_now = 1,
                     .failures = {{failed.name, failed.id, "no such picture"}},
                     .seconds = 12});
  EXPECT_EQ(stage.said(), "2 clips of 5 in renders/stage/videos: 1 rendered now, 1 before; 12 s\n");
  EXPECT_EQ(stage.complained(), "failed: shot-1: no such picture\n  again: ./pia-farm render --shot " +
                                    to_hex(failed.id).substr(0, 12) +
                                    " stage.toml\n2 shots left; go on with: ./pia-farm stage.toml\n");
}

TEST(Closing, NamesGalleryAndReportOnceTheyAreWritten) {
  WatchStage stage;
  const std::string made = "3 clips of 3 in renders/stage/videos: 3 rendered now; 1.0 s\n";
  const Summary summary{.shots = 3, .done_now = 3, .seconds = 1};
  const auto watcher = make_plain_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->finished(summary);
  EXPECT_TRUE(stage.said().ends_with("\n" + made)) << stage.said();
  std::filesystem::create_directories(stage.plan.out + "/gallery");
  for (const char* page : {"/gallery/index.html", "/report.html"})
    std::ofstream(stage.plan.out + page) << "x";
  watcher->finished(summary);
  EXPECT_TRUE(stage.said().ends_with(made + "gallery: renders/stage/gallery/index.html\n"
                                            "report:  renders/stage/report.html\n"))
      << stage.said();
  const std::string before = stage.said();
  const auto quiet = make_quiet_watcher(stage.setting(), stage.streams());
  quiet->started(stage.start());
  quiet->finished(summary);
  EXPECT_EQ(stage.said(), before + made);
}

TEST(Closing, OfARunThatMadeNothingNamesNoGallery) {
  WatchStage stage;
  std::filesystem::create_directories(stage.plan.out + "/gallery");
  for (const char* page : {"/gallery/index.html", "/report.html"})
    std::ofstream(stage.plan.out + page) << "x";
  const auto watcher = make_plain_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->finished({.shots = 3, .seconds = 1});
  EXPECT_TRUE(
      stage.said().ends_with("0 clips of 3 in renders/stage/videos\nreport:  renders/stage/report.html\n"))
      << stage.said();
}

TEST(Closing, BugAStoppedRenderOfOneShotSaidToGoOnWithTheWholeJob) {
  WatchStage stage(1);
  WatchSetting setting = stage.setting();
  setting.only = stage.plan.shots[0].id;
  const auto watcher = make_quiet_watcher(setting, stage.streams());
  watcher->started(stage.start());
  watcher->finished({.shots = 1, .seconds = 1});
  EXPECT_EQ(stage.complained(), "1 shot left; go on with: ./pia-farm render --shot " +
                                    to_hex(stage.plan.shots[0].id).substr(0, 12) + " stage.toml\n");
}

TEST(Closing, SaysThatFramesOfTheRuleMadeModelAreNoPictures) {
  WatchStage stage;
  const std::string model = stage.folder / "toy";
  std::filesystem::create_directories(model);
  std::ofstream(model + "/model_index.json") << R"({"_pia_rule": true})";
  stage.plan.shots[2].shot.model.path = model;
  const auto watcher = make_quiet_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->finished({.shots = 3, .done_now = 3, .seconds = 1});
  EXPECT_THAT(stage.said(),
              HasSubstr("The model is the tiny rule-made one: its frames are abstract, not pictures.\n"));
}

TEST(QuietWatcher, SaysOnlyFailuresBeforeTheEnd) {
  WatchStage stage;
  const auto watcher = make_quiet_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->assigned(stage.worker, stage.plan.shots[0], 1);
  watcher->committed(stage.worker, stage.plan.shots[0], {});
  stage.pass(100);
  watcher->tick(stage.now);
  EXPECT_THAT(stage.said(), IsEmpty());
  watcher->attempt_failed(stage.worker, stage.plan.shots[1], 2, "out of memory");
  EXPECT_THAT(stage.complained(), HasSubstr("shot-1: attempt 2 failed: out of memory"));
}

TEST(JsonWatcher, SaysOneObjectALineWithStableNames) {
  WatchStage stage;
  const auto& shot = stage.plan.shots[0];
  const auto watcher = make_json_watcher(stage.setting(), stage.streams());
  watcher->started(stage.start());
  watcher->assigned(stage.worker, shot, 1);
  watcher->progressed(stage.worker, shot, {Phase::denoising, 1, 4, 0.5});
  watcher->committed(stage.worker, shot,
                     {.timings = {.load = 1, .encode = 2, .denoise = 3, .decode = 4, .steps_done = 4},
                      .measures = {.psnr = 31.5, .flicker = 0.25}});
  watcher->videos_made(shot, {.shot = shot.id, .files = {"videos/a.mp4"}, .trouble = {}});
  watcher->gave_up(stage.plan.shots[1], "not \xff UTF-8\n");
  watcher->finished({.shots = 3, .done_now = 1, .seconds = 9});
  std::vector<std::string> events;
  std::istringstream lines(stage.said());
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) {
    objects.push_back(nlohmann::json::parse(line));
    events.push_back(objects.back()["event"]);
  }
  ASSERT_THAT(events, ElementsAre("run_started", "shot_assigned", "step", "shot_committed", "videos_made",
                                  "shot_failed", "run_finished"));
  EXPECT_EQ(objects[3]["shot"], to_hex(shot.id));
  EXPECT_EQ(objects[3]["name"], "shot-0");
  EXPECT_EQ(objects[3]["seconds"], 10.0);
  EXPECT_EQ(objects[3]["measures"].dump(), R"({"flicker":0.25,"psnr":31.5})");
  EXPECT_EQ(objects[2]["phase"], "denoising");
  EXPECT_EQ(objects[4]["files"][0], stage.plan.out + "/videos/a.mp4");
  EXPECT_EQ(objects[6]["left"], 2);
  EXPECT_EQ(objects[6]["report"], "") << "it is not written";
}

TEST(TerminalWatcher, RedrawsAtMostTenTimesASecond) {
  WatchStage stage;
  const auto watcher =
      make_terminal_watcher(stage.setting(), stage.streams(), {.look = [] { return Look{}; }});
  watcher->started(stage.start());
  const std::size_t drawn = stage.said().size();
  for (int i = 0; i < 9; ++i) {
    stage.pass(0.01);
    watcher->tick(stage.now);
  }
  EXPECT_EQ(stage.said().size(), drawn);
  stage.pass(0.02);
  watcher->tick(stage.now);
  EXPECT_GT(stage.said().size(), drawn);
}

TEST(TerminalWatcher, LeavesNoBlockBehind) {
  WatchStage stage;
  {
    const auto watcher =
        make_terminal_watcher(stage.setting(), stage.streams(), {.look = [] { return Look{}; }});
    watcher->started(stage.start());
    watcher->notice("the disk is full");
  }
  EXPECT_TRUE(stage.said().ends_with("\x1b[J")) << stage.said();
  EXPECT_THAT(stage.said(), HasSubstr("the disk is full\x1b[K\r\n"));
}

TEST(TerminalWatcher, BugADoneShotTookThreeRows) {
  WatchStage stage;
  jobs::PlannedShot shot = stage.plan.shots[0];
  shot.name = std::string(70, 'x') + "-s1";
  const VideosMade videos{
      .shot = shot.id, .files = {"videos/" + std::string(90, 'y') + ".mp4"}, .trouble = {}};
  const std::string row =
      std::string(28, 'x') + ".." + std::string(3, 'x') + "-s1: done in 12 s (1 of 3)\x1b[K\r\n";
  {
    const auto watcher =
        make_terminal_watcher(stage.setting(), stage.streams(), {.look = [] { return Look{.columns = 60}; }});
    watcher->started(stage.start());
    watcher->assigned(stage.worker, shot, 1);
    stage.pass(12);
    watcher->committed(stage.worker, shot, {});
    watcher->videos_made(shot, videos);
  }
  EXPECT_THAT(stage.said(), HasSubstr(row));
  EXPECT_THAT(stage.said(), Not(HasSubstr("videos/y")));
}

TEST(TerminalWatcher, CopiesComplaintsToARedirectedStderr) {
  WatchStage stage;
  const auto watcher =
      make_terminal_watcher(stage.setting(), stage.streams(),
                            {.look = [] { return Look{}; }, .elsewhere = TerminalParts::Elsewhere::yes});
  watcher->started(stage.start());
  watcher->notice("the disk is full");
  EXPECT_EQ(stage.complained(), "the disk is full\n");
}

TEST(Stream, AFullPipeNeverMakesTheFarmWait) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string much(std::size_t{3} << 20U, 'x');
  {
    Stream stream(ends[1]);
    stream.put(much);
    EXPECT_FALSE(stream.flush());
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    EXPECT_TRUE(stream.flush());
  }
  close(ends[1]);
}

}  // namespace
}  // namespace pia::farm
