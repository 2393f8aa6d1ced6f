// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scheduler/scheduler.hpp"
#include "tests/scheduler/stage.hpp"

namespace pia::scheduler {
namespace {

using tests::Stage;

TEST(Explain, AnUnknownShot) {
  EXPECT_EQ(Stage{}.explain("dog"), "is not in the plan");
}

TEST(Explain, AShotWithoutWorkers) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  EXPECT_EQ(stage.explain("dog"), "waits: no worker is there; no shot is before it");
}

TEST(Explain, AShotWhoseModelIsBusy) {
  Stage stage;
  stage.submit({{.name = "dog", .cost = 5}, {.name = "cat"}, {.name = "cow", .cost = 4}, {.name = "pig"}});
  stage.ready(2);
  EXPECT_EQ(stage.explain("cow"), "waits: worker 2 holds its model and is busy; no shot is before it");
  EXPECT_EQ(stage.explain("cat"), "waits: worker 2 holds its model and is busy; 1 shot is before it");
  EXPECT_EQ(stage.explain("pig"), "waits: worker 2 holds its model and is busy; 2 shots are before it");
}

TEST(Explain, AShotWhoseModelNobodyHolds) {
  Stage stage;
  stage.submit({{.name = "dog", .cost = 5}, {.name = "cat", .model = "photo"}});
  stage.ready(2);
  EXPECT_EQ(stage.explain("cat"), "waits: no worker holds its model, and all are busy; no shot is before it");
}

TEST(Explain, ARunningShot) {
  Stage stage;
  stage.submit({{.name = "dog"}});
  stage.ready(1);
  stage.pass(12);
  EXPECT_EQ(stage.explain("dog"),
            "runs on worker 1, attempt 1, before its first step, silent for 12 s (a hang after 600 s)");
  stage.step(1, "dog", 7);
  stage.pass(2);
  stage.step(1, "dog", 8);
  stage.drain();
  EXPECT_EQ(stage.explain("dog"),
            "runs on worker 1, attempt 1, step 8 of 25, silent for 0 s (a hang after 60 s), asked to stop");
}

TEST(Explain, AShotKeptForAnotherWorker) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}});
  stage.ready(1);
  stage.ready(2);
  stage.failed(1, "dog");
  stage.ready(1);
  EXPECT_EQ(
      stage.explain("dog"),
      "waits: it is kept for a worker on which it did not fail, and they are busy; no shot is before it; "
      "1 attempt failed: signal 11");
}

TEST(Explain, AShotThatIsDoneFailedOrStopped) {
  Stage stage;
  stage.submit({{.name = "dog"}, {.name = "cat"}, {.name = "cow"}, {.name = "pig"}});
  stage.found("dog");
  stage.spent("cat", 3);
  stage.ready(1);
  stage.failed(1, "cow", 1, FailureKind::input);
  stage.drain();
  EXPECT_EQ(stage.explain("dog"), "is done");
  EXPECT_EQ(
      stage.explain("cat"),
      "failed after 3 attempts: they were spent before the farm was started again; run the job again for "
      "fresh ones");
  EXPECT_EQ(stage.explain("cow"), "failed after 1 attempt: signal 11");
  EXPECT_EQ(stage.explain("pig"), "waits: the farm is stopping and starts nothing new");
}

}  // namespace
}  // namespace pia::scheduler
