// SPDX-License-Identifier: Apache-2.0
// Shots that ran out of memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/stage.hpp"

namespace pia::scheduler {
namespace {

using tests::Stage;

/// Workers 1 and 2 on one host, 3 on another; "big" is the longest shot.
struct TwoHosts : Stage {
  TwoHosts() {
    submit({{.name = "big", .cost = 9}, {.name = "dog"}, {.name = "cat"}, {.name = "cow"}, {.name = "hen"}});
    placed(1, "north");
    placed(2, "north");
    placed(3, "south");
  }
  std::string out_of_memory(int worker, const std::string& name, int attempt = 1) {
    return failed(worker, name, attempt, FailureKind::memory);
  }
};

TEST(Alone, AShotThatRanOutOfMemoryGoesAfterTheOthersAndAloneOnItsHost) {
  TwoHosts farm;
  EXPECT_EQ(farm.ready(1), "1 renders big (1)");
  EXPECT_EQ(farm.ready(2), "2 renders dog (1)");
  EXPECT_EQ(farm.ready(3), "3 renders cat (1)");
  EXPECT_EQ(farm.out_of_memory(1, "big"), "");
  EXPECT_EQ(
      farm.explain("big"),
      "waits: it ran out of memory, so it goes after the others, alone on its machine; 2 shots are before "
      "it; 1 attempt failed: signal 11");
  EXPECT_THAT(farm.explain("cow"), testing::EndsWith("; no shot is before it"));
  EXPECT_EQ(farm.ready(1), "1 renders cow (1)") << "it goes last, long as it is";
  farm.committed(2, "dog");
  EXPECT_EQ(farm.ready(2), "2 renders hen (1)");
  farm.committed(1, "cow");
  EXPECT_EQ(farm.ready(1), "") << "hen runs beside it";
  farm.committed(3, "cat");
  EXPECT_EQ(farm.ready(3), "3 renders big (2)");
}

TEST(Alone, ItNeedNotWaitForShotsThatNoIdleWorkerMayHave) {
  TwoHosts farm;
  farm.placed(4, "east");
  farm.ready(3);
  farm.out_of_memory(3, "big");
  farm.ready(4);
  farm.ready(3);
  farm.committed(3, "cat");
  farm.ready(3);
  farm.committed(3, "cow");
  farm.ready(3);
  // Worker 4 renders dog, worker 3 hen, on which it fails: hen is kept for worker 4.
  farm.failed(3, "hen");
  EXPECT_EQ(farm.ready(3), "") << "big failed on it, too";
  EXPECT_EQ(farm.ready(1), "1 renders hen (2)");
  farm.failed(1, "hen", 2);
  EXPECT_EQ(farm.ready(1), "1 renders big (2)") << "hen is kept for worker 4, which is busy";
}

TEST(Alone, NobodyElseGetsAShotOnThatHostMeanwhile) {
  TwoHosts farm;
  farm.ready(1);
  farm.out_of_memory(1, "big");
  farm.gone(1);
  farm.ready(3);
  for (const char* name : {"dog", "cat", "cow"}) {
    farm.committed(3, name);
    farm.ready(3);
  }
  // Worker 2 is alone on its host: worker 3 has hen, the last of the others.
  EXPECT_EQ(farm.ready(2), "2 renders big (2)");
  farm.placed(4, "north");
  EXPECT_EQ(farm.ready(4), "");
  farm.submit({{.name = "late"}});
  EXPECT_THAT(
      farm.explain("late"),
      testing::HasSubstr("worker 4 is free, but a shot that ran out of memory has its machine for itself"));
  farm.found("late");
  farm.failed(3, "hen");
  EXPECT_EQ(farm.ready(3), "") << "kept for a worker on which it did not fail: worker 4, which must wait";
  EXPECT_EQ(farm.committed(2, "big", 2), "4 renders hen (2)");
}

TEST(Alone, TwoOfThemShareNoHost) {
  Stage farm;
  farm.submit({{.name = "big"}, {.name = "huge", .cost = 2}});
  farm.ready(1);
  farm.ready(2);
  farm.failed(1, "huge", 1, FailureKind::memory);
  farm.failed(2, "big", 1, FailureKind::memory);
  // Workers of whom no place is known share a host.
  EXPECT_EQ(farm.ready(1), "") << "worker 2 may still hold memory";
  EXPECT_EQ(farm.ready(2), "1 renders big (2)") << "huge failed on it";
  EXPECT_EQ(farm.committed(1, "big", 2), "") << "worker 1 may still hold memory";
  EXPECT_EQ(farm.ready(1), "2 renders huge (2)");
}

TEST(Alone, ALastWorkerGetsItAgain) {
  Stage farm;
  farm.submit({{.name = "big", .cost = 2}, {.name = "dog"}});
  farm.ready(1);
  farm.failed(1, "big", 1, FailureKind::memory);
  EXPECT_EQ(farm.ready(1), "1 renders dog (1)");
  farm.committed(1, "dog");
  EXPECT_EQ(farm.ready(1), "1 renders big (2)");
  farm.failed(1, "big", 2);
  EXPECT_EQ(farm.ready(1), "1 renders big (3)");
  EXPECT_EQ(farm.failed(1, "big", 3, FailureKind::memory), "big is given up after 3");
}

TEST(Alone, ARestartOfTheFarmKnowsOfIt) {
  Stage farm;
  farm.submit({{.name = "big", .cost = 2}, {.name = "dog"}});
  farm.spent("big", 1, FailureKind::memory);
  EXPECT_EQ(farm.ready(1), "1 renders dog (1)");
  EXPECT_EQ(farm.ready(2), "");
  EXPECT_EQ(farm.committed(1, "dog"), "");
  EXPECT_EQ(farm.ready(1), "1 renders big (2)");
}

TEST(Alone, AHostIsFreeOnceTheRendererIsReadyOrGoneHoweverTheShotEnds) {
  for (const std::string how : {"stopped", "found", "crashed", "hung", "lost"}) {
    Stage farm;
    farm.submit({{.name = "big"}, {.name = "huge", .cost = 2}});
    farm.spent("big", 1, FailureKind::memory);
    farm.spent("huge", 1, FailureKind::memory);
    ASSERT_EQ(farm.ready(1), "1 renders huge (2)");
    ASSERT_EQ(farm.ready(2), "");
    if (how == "stopped") farm.stopped(1, "huge", 2);
    if (how == "found") farm.found("huge");
    if (how == "crashed") farm.failed(1, "huge", 2);
    if (how == "hung") farm.tick_after(601);
    if (how == "lost") farm.gone(1);
    EXPECT_EQ(farm.scheduler.counts().running, how == "lost" ? 1 : 0) << how;
    if (how != "lost") farm.ready(1);
    EXPECT_EQ(farm.scheduler.counts().running, 1) << how;
  }
}

TEST(Alone, WantOfTheGpusMemoryIsNotItsHosts) {
  TwoHosts farm;
  farm.ready(1);
  farm.ready(2);
  farm.failed(1, "big", 1, FailureKind::gpu_memory);
  EXPECT_EQ(farm.ready(3), "3 renders big (2)");
}

}  // namespace
}  // namespace pia::scheduler
