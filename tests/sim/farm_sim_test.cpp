// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/farm_sim.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pia::tests {
namespace {

using jobs::ShotId;
using scheduler::Counts;
using scheduler::FailureKind;
using scheduler::Scheduler;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Chaos kMischief{
    .late = 0.1, .twice = 0.1, .lost = 0.01, .crash = 0.02, .hang = 0.01, .vanish = 0.005, .seed = 1};

FarmSimSettings mischievous(std::uint64_t seed) {
  FarmSimSettings settings{.workers = 5, .load_seconds = 7, .chaos = kMischief};
  settings.chaos.seed = seed;
  return settings;
}

void submit_mixed(FarmSim& farm, int count) {
  for (int i = 0; i < count; ++i) {
    farm.submit({.model = "model " + std::to_string(i % 7),
                 .steps = 2 + i % 4,
                 .step_seconds = 0.5 + i % 3,
                 .priority = i % 11 == 0 ? 1 : 0});
  }
}

TEST(FarmSim, OneWorkerRendersAllShotsOneAfterTheOther) {
  FarmSim farm({.workers = 1});
  farm.submit(3, {.steps = 4, .step_seconds = 2});
  EXPECT_DOUBLE_EQ(farm.run().makespan, 24);
  EXPECT_EQ(farm.counts(), (Counts{.done = 3}));
  EXPECT_THAT(farm.violations(), IsEmpty());
}

TEST(FarmSim, ThreeWorkersShareTheShots) {
  FarmSim farm({.workers = 3});
  farm.submit(30, {});
  EXPECT_DOUBLE_EQ(farm.run().makespan, 40);
}

TEST(FarmSim, AFailedShotIsTriedOnAnotherWorker) {
  FarmSim farm({.workers = 2});
  const ShotId shot = farm.submit({.steps = 9});
  farm.submit({.steps = 1});
  farm.fail_next(shot);
  farm.run();
  EXPECT_THAT(farm.workers_that_tried(shot), ElementsAre(0, 1));
  EXPECT_EQ(farm.counts(), (Counts{.done = 2}));
}

TEST(FarmSim, AShotThatAlwaysCrashesFailsAloneAfterThreeAttempts) {
  FarmSim farm({.workers = 2});
  const ShotId poison = farm.submit({});
  farm.submit(10, {});
  for (int i = 0; i < 5; ++i) farm.fail_next(poison);
  farm.run();
  EXPECT_EQ(farm.counts(), (Counts{.done = 10, .failed = 1}));
  EXPECT_EQ(farm.workers_that_tried(poison).size(), 3U);
  EXPECT_EQ(farm.explain(poison), "failed after 3 attempts: signal 11");
}

TEST(FarmSim, AHangingRendererIsKilledAndItsShotDoneElsewhere) {
  FarmSim farm({.workers = 2});
  const ShotId shot = farm.submit({});
  farm.hang_next(shot);
  farm.submit(4, {});
  farm.run();
  EXPECT_EQ(farm.counts(), (Counts{.done = 5}));
  EXPECT_THAT(farm.workers_that_tried(shot), ElementsAre(0, 1));
}

TEST(FarmSim, ALostWorkersShotGoesToAnother) {
  FarmSim farm({.workers = 2});
  farm.submit(2, {.steps = 100});
  farm.lose_worker(0, 10);
  farm.run();
  EXPECT_EQ(farm.counts(), (Counts{.done = 2}));
  EXPECT_THAT(farm.violations(), IsEmpty());
}

TEST(FarmSim, ADrainEndsWithinAStep) {
  FarmSim farm({.workers = 4});
  farm.submit(100, {.steps = 25, .step_seconds = 3});
  farm.drain_at(10);
  EXPECT_LE(farm.run().makespan, 13.0);
  EXPECT_EQ(farm.counts(), (Counts{.waiting = 100}));
}

TEST(FarmSim, WhateverHappensEveryShotIsDoneOrFailed) {
  SimReport sum;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    FarmSim farm(mischievous(seed));
    submit_mixed(farm, 120);
    const SimReport report = farm.run();
    sum.kills += report.kills;
    sum.crashes += report.crashes;
    sum.lost_workers += report.lost_workers;
    EXPECT_THAT(farm.violations(), IsEmpty()) << "seed " << seed;
    EXPECT_EQ(farm.counts().done + farm.counts().failed, 120) << "seed " << seed;
    EXPECT_GT(farm.counts().done, 100) << "seed " << seed;
  }
  EXPECT_GT(sum.kills, 40);
  EXPECT_GT(sum.crashes, 40);
  EXPECT_GT(sum.lost_workers, 40);
}

TEST(FarmSim, ADrainEndsAMischievousFarmToo) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    FarmSim farm(mischievous(seed));
    submit_mixed(farm, 120);
    farm.drain_at(40);
    farm.run();
    EXPECT_THAT(farm.violations(), IsEmpty()) << "seed " << seed;
    EXPECT_EQ(farm.counts().running, 0);
  }
}

TEST(FarmSim, ReplayingTheEventsGivesAnEqualSchedulerAtEveryPrefix) {
  FarmSim farm(mischievous(7));
  submit_mixed(farm, 60);
  farm.run();
  Scheduler first{scheduler::Policy{}};
  Scheduler second{scheduler::Policy{}};
  for (const auto& [event, when] : farm.events()) {
    const auto commands = first.handle(event, when);
    EXPECT_EQ(second.handle(event, when).size(), commands.size());
    ASSERT_EQ(first.snapshot(), second.snapshot());
  }
  EXPECT_EQ(first.snapshot(), farm.snapshot());
}

TEST(FarmSim, TenThousandShotsOn64MischievousWorkersEndWell) {
  FarmSimSettings settings{
      .workers = 64, .load_seconds = 20, .chaos = kMischief, .checks = Checks::sometimes};
  FarmSim farm(settings);
  submit_mixed(farm, 10000);
  farm.run();
  EXPECT_THAT(farm.violations(), IsEmpty());
  EXPECT_EQ(farm.counts().done + farm.counts().failed, 10000);
  EXPECT_LT(farm.counts().failed, 200);
}

TEST(FarmSim, AFewModelsAreLoadedAboutOnceAWorker) {
  FarmSim farm({.workers = 10, .load_seconds = 20, .checks = Checks::sometimes});
  for (int i = 0; i < 1000; ++i) {
    farm.submit({.model = "model " + std::to_string(i % 7), .steps = 5 + i % 4, .step_seconds = 1.0 + i % 3});
  }
  const SimReport report = farm.run();
  EXPECT_LE(report.loads, 2 * (10 + 7));
  EXPECT_LE(report.makespan, 1.10 * report.lower_bound);
}

}  // namespace
}  // namespace pia::tests
