// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "scheduler/scheduler.hpp"
#include "tests/scheduler/stage.hpp"

namespace pia::scheduler {
namespace {

using tests::shot_named;
using tests::Stage;

/// Any event about any shot, worker and attempt, known or not.
Event any_event(std::mt19937_64& chance) {
  const auto below = [&](int n) { return static_cast<int>(chance() % static_cast<unsigned>(n)); };
  const jobs::ShotId shot = shot_named(std::to_string(below(14)));
  const WorkerId worker{below(7) - 1};
  const int attempt = below(5) - 1;
  switch (below(24)) {
    case 0: {
      ShotWork work{.id = shot,
                    .model_key = "model " + std::to_string(below(4)),
                    .steps = below(6) - 1,
                    .cost = below(5) - 1.0,
                    .priority = below(3) - 1};
      return ShotsSubmitted{{work}};
    }
    case 1:
      return below(8) == 0 ? Event(ShotFoundDone{shot}) : Event(Tick{});
    case 2:
      return below(8) == 0
                 ? Event(AttemptsSpent{
                       .shot = shot, .attempts = below(9) - 3, .worst = static_cast<FailureKind>(below(6))})
                 : Event(Tick{});
    case 3:
      return below(4) == 0 ? Event(WorkerGone{worker}) : Event(Tick{});
    case 4:
      return below(60) == 0 ? Event(DrainRequested{}) : Event(Tick{});
    case 5:
    case 6:
      return ShotCommitted{.worker = worker, .shot = shot, .attempt = attempt};
    case 7:
      return ShotFailed{
          .worker = worker, .shot = shot, .attempt = attempt, .kind = static_cast<FailureKind>(below(6))};
    case 8:
      return ShotStopped{.worker = worker, .shot = shot, .attempt = attempt};
    case 9:
      return AttemptAlive{.worker = worker,
                          .shot = shot,
                          .attempt = attempt,
                          .doing = static_cast<AttemptAlive::Doing>(below(2))};
    case 10:
    case 11:
    case 12:
      return StepDone{.worker = worker, .shot = shot, .attempt = attempt, .step = below(8) - 2};
    case 13:
      return Tick{};
    case 14:
      return WorkerPlaced{.worker = worker, .host = "host " + std::to_string(below(3))};
    default:
      return WorkerReady{.worker = worker,
                         .resident_model = below(3) == 0 ? "" : "model " + std::to_string(below(6))};
  }
}

TEST(Hostile, AnyEventsInAnyOrderBreakNothing) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 chance(seed);
    Scheduler scheduler{Policy{.max_attempts = 1 + static_cast<int>(seed % 4)}};
    Scheduler twin{Policy{.max_attempts = 1 + static_cast<int>(seed % 4)}};
    TimePoint now{0};
    for (int i = 0; i < 400; ++i) {
      now += std::chrono::seconds(chance() % 40 == 0 ? 700 : 3);
      const Event event = any_event(chance);
      scheduler.handle(event, now);
      scheduler.check();
      twin.handle(event, now);
      scheduler.explain(shot_named(std::to_string(i % 14)), now);
    }
    ASSERT_EQ(scheduler.snapshot(), twin.snapshot()) << "seed " << seed;
  }
}

TEST(Hostile, EachEventTwiceEqualsOnceForWhatAWorkerReports) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  EXPECT_EQ(stage.ready(1), "");
  stage.step(1, "dog", 3);
  EXPECT_EQ(stage.failed(1, "dog"), "");
  const std::string before = stage.scheduler.snapshot();
  EXPECT_EQ(stage.failed(1, "dog"), "");
  EXPECT_EQ(stage.committed(1, "dog"), "");
  EXPECT_EQ(stage.stopped(1, "dog"), "");
  EXPECT_EQ(stage.step(1, "dog", 4), "");
  EXPECT_EQ(stage.scheduler.snapshot(), before);
}

TEST(Hostile, ALateMessageOfAnEarlierAttemptDoesNotTouchTheNext) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  stage.failed(1, "dog", 1);
  stage.ready(1);
  EXPECT_EQ(stage.committed(1, "dog", 1), "");
  EXPECT_EQ(stage.failed(1, "dog", 1), "");
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.running = 1}));
}

TEST(Hostile, ADoneShotStaysDone) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  stage.committed(1, "dog");
  stage.committed(1, "dog");
  stage.failed(1, "dog");
  stage.spent("dog", 7);
  stage.submit({{.name = "dog"}});
  stage.gone(1);
  EXPECT_EQ(stage.scheduler.counts(), (Counts{.waiting = 1, .done = 1}));
  EXPECT_EQ(stage.ready(2), "2 renders cat (1)");
}

TEST(Hostile, CostsThatAreNoNumbersAreTakenAsNothing) {
  Stage stage;
  stage.submit({{.name = "nan", .cost = std::nan("")},
                {.name = "minus", .cost = -5},
                {.name = "infinite", .cost = std::numeric_limits<double>::infinity()},
                {.name = "huge", .cost = std::numeric_limits<double>::max()},
                {.name = "one", .cost = 1}});
  EXPECT_EQ(stage.ready(1), "1 renders infinite (1)");
  EXPECT_EQ(stage.ready(2), "2 renders huge (1)");
  EXPECT_EQ(stage.ready(3), "3 renders one (1)");
  EXPECT_EQ(stage.ready(4), "4 renders nan (1)");
  EXPECT_EQ(stage.ready(5), "5 renders minus (1)");
}

TEST(Hostile, PrioritiesAtTheLimitsAreOrdered) {
  Stage stage;
  stage.submit({{.name = "low", .priority = std::numeric_limits<int>::min()},
                {.name = "high", .priority = std::numeric_limits<int>::max()},
                {.name = "zero"}});
  EXPECT_EQ(stage.ready(1), "1 renders high (1)");
  EXPECT_EQ(stage.ready(2), "2 renders zero (1)");
  EXPECT_EQ(stage.ready(3), "3 renders low (1)");
}

}  // namespace
}  // namespace pia::scheduler
