// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "jobs/core/error.hpp"
#include "renderer/renderer.hpp"
#include "tests/renderer/observers.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::tests {
namespace {

const jobs::Image kImage{.width = 16, .height = 16, .rgb = std::vector<std::uint8_t>(768, 7)};

renderer::Outcome render(const renderer::RenderTask& task, Watcher& watcher, const std::string& script = "") {
  return renderer::make_fake_renderer({.step_seconds = 0, .load_seconds = 0, .script = script})
      ->render(task, watcher);
}

jobs::ShotResult finished(const renderer::RenderTask& task, const std::string& script = "") {
  Watcher watcher;
  return std::get<jobs::ShotResult>(render(task, watcher, script));
}

TEST(FakeRenderer, MakesTheSamePixelsAgainAndOtherPixelsForAnotherShot) {
  const jobs::Shot shot = ShotBuilder{}.build();
  const jobs::Shot other = ShotBuilder{}.seed(9).build();
  const jobs::ShotResult result = finished({.shot = shot, .image = kImage});
  EXPECT_EQ(result.clip, finished({.shot = shot, .image = kImage}).clip);
  EXPECT_NE(result.clip, finished({.shot = other, .image = kImage}).clip);
  EXPECT_EQ(result.clip.rgb.size(), 4U * 16 * 16 * 3);
  EXPECT_EQ(result.id, jobs::shot_id(shot));
  EXPECT_EQ(jobs::sha256(result.recipe), result.id.digest);
}

TEST(FakeRenderer, ResumedAtAnyStepGivesTheSameBytes) {
  const jobs::Shot shot = ShotBuilder{}.steps(5).build();
  const jobs::ShotResult whole = finished({.shot = shot, .image = kImage, .keep = jobs::KeepLatents::all});
  for (int step = 0; step <= 5; ++step) {
    Watcher stopper;
    stopper.stop_at = step;
    const auto checkpoint = std::get<jobs::Checkpoint>(
        render({.shot = shot, .image = kImage, .keep = jobs::KeepLatents::all}, stopper));
    EXPECT_EQ(checkpoint.next_step, step);
    const jobs::ShotResult rest =
        finished({.shot = shot, .image = kImage, .keep = jobs::KeepLatents::all, .from = &checkpoint});
    EXPECT_EQ(rest.clip, whole.clip);
    EXPECT_EQ(rest.latents, whole.latents);
    EXPECT_EQ(rest.step_latents, whole.step_latents);
    EXPECT_EQ(rest.timings.steps_done, 5 - step);
  }
}

TEST(FakeRenderer, AWrongResumeShowsInThePixels) {
  const jobs::Shot shot = ShotBuilder{}.steps(5).build();
  Watcher watcher;
  watcher.snapshots_wanted = true;
  const auto whole = std::get<jobs::ShotResult>(render({.shot = shot, .image = kImage}, watcher));
  jobs::Checkpoint wrong = watcher.snapshots[2];
  wrong.latents = watcher.snapshots[1].latents;
  EXPECT_NE(finished({.shot = shot, .image = kImage, .from = &wrong}).clip, whole.clip);
}

TEST(FakeRenderer, RefusesAnotherShotsCheckpoint) {
  const jobs::Shot shot = ShotBuilder{}.build();
  const jobs::Shot other = ShotBuilder{}.seed(9).build();
  Watcher stopper;
  stopper.stop_at = 2;
  const auto checkpoint = std::get<jobs::Checkpoint>(render({.shot = shot, .image = kImage}, stopper));
  EXPECT_THROW(finished({.shot = other, .image = kImage, .from = &checkpoint}), jobs::Error);
}

TEST(FakeRenderer, ReportsEveryPhaseAndEveryStep) {
  const jobs::Shot shot = ShotBuilder{}.steps(3).build();
  Watcher watcher;
  render({.shot = shot, .image = kImage}, watcher);
  using renderer::Phase;
  const std::vector<std::pair<Phase, int>> expected = {
      {Phase::loading, 0},   {Phase::encoding, 0},  {Phase::denoising, 0}, {Phase::denoising, 1},
      {Phase::denoising, 2}, {Phase::denoising, 3}, {Phase::decoding, 3}};
  ASSERT_EQ(watcher.reports.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(watcher.reports[i].phase, expected[i].first);
    EXPECT_EQ(watcher.reports[i].step, expected[i].second);
    EXPECT_EQ(watcher.reports[i].of, 3);
  }
}

TEST(FakeRenderer, TellsOfTheStepThatItGoesOnFromAndOfEachAfterIt) {
  const jobs::Shot shot = ShotBuilder{}.steps(4).build();
  Watcher stopper;
  stopper.stop_at = 2;
  const auto checkpoint = std::get<jobs::Checkpoint>(render({.shot = shot, .image = kImage}, stopper));
  Watcher watcher;
  render({.shot = shot, .image = kImage, .from = &checkpoint}, watcher);
  std::vector<int> steps;
  for (const renderer::Progress& report : watcher.reports) {
    if (report.phase == renderer::Phase::denoising) steps.push_back(report.step);
  }
  EXPECT_EQ(steps, (std::vector<int>{2, 3, 4}));
}

TEST(FakeRenderer, StrengthTrimsTheSteps) {
  jobs::Shot shot = ShotBuilder{}.steps(10).build();
  shot.strength = 0.75;
  EXPECT_EQ(renderer::step_count(shot), 7);
  EXPECT_EQ(finished({.shot = shot, .image = kImage}).timings.steps_done, 7);
  shot.strength = 0.05;
  EXPECT_THROW(renderer::step_count(shot), jobs::InputError);
}

TEST(FakeScript, KillsTheProcessWhereItSays) {
  const jobs::Shot shot = ShotBuilder{}.build();
  const renderer::RenderTask task{.shot = shot, .image = kImage};
  EXPECT_EXIT(finished(task, "crash@2"), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(finished(task, "kill@0"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(finished(task, "exit0@1"), testing::ExitedWithCode(0), "");
}

TEST(FakeScript, HappensInItsAttemptAndToItsShotsOnly) {
  const jobs::Shot shot = ShotBuilder{}.build();
  const std::string hex = to_hex(jobs::shot_id(shot));
  const renderer::RenderTask second{.shot = shot, .image = kImage, .attempt = 2};
  EXPECT_NO_THROW(finished(second, "fail@2:1"));
  EXPECT_THROW(finished(second, "fail@2:2"), jobs::InputError);
  EXPECT_THROW(finished(second, "fail@2/" + hex.substr(0, 6)), jobs::InputError);
  EXPECT_NO_THROW(finished(second, "fail@2/" + std::string(hex[0] == 'a' ? "b" : "a")));
}

TEST(FakeScript, FalsifiesTheResult) {
  const jobs::Shot shot = ShotBuilder{}.build();
  const renderer::RenderTask task{.shot = shot, .image = kImage};
  const auto black = finished(task, "black");
  EXPECT_TRUE(std::all_of(black.clip.rgb.begin(), black.clip.rgb.end(), [](int v) { return v == 0; }));
  EXPECT_TRUE(std::isnan(finished(task, "nan:1").latents->values[0]));
  EXPECT_FALSE(std::isnan(finished(task, "nan:2").latents->values[0]));
}

TEST(FakeScript, LeavesStepsOutAndSaysThatTheyWereDone) {
  const jobs::Shot shot = ShotBuilder{}.steps(5).build();
  const renderer::RenderTask task{.shot = shot, .image = kImage};
  Watcher watcher;
  const auto result = std::get<jobs::ShotResult>(render(task, watcher, "skip@3:1"));
  EXPECT_EQ(watcher.reports.back().phase, renderer::Phase::decoding);
  EXPECT_EQ(watcher.reports.back().step, 3);
  EXPECT_EQ(result.timings.steps_done, 5);
  EXPECT_NE(result.clip, finished(task).clip);
  EXPECT_EQ(finished(task, "skip@3:2").clip, finished(task).clip);
}

TEST(FakeScript, RefusesWhatItCannotRead) {
  for (const char* script : {"burn@1", "crash@x", "crash@-1", "@1", "fail@1,,fail@2"}) {
    EXPECT_THROW(renderer::make_fake_renderer({.script = script}), jobs::InputError) << script;
  }
  EXPECT_NO_THROW(renderer::make_fake_renderer({.script = "crash@1:2/ab,black"}));
}

}  // namespace
}  // namespace pia::tests
