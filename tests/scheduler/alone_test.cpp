// SPDX-License-Identifier: Apache-2.0
// Shots that ran out of memory.
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
  EXPECT_EQ(farm.ready(1), "1 renders cow (1)") << "it goes last, long as it is";
  farm.committed(2, "dog");
  EXPECT_EQ(farm.ready(2), "2 renders hen (1)");
  farm.committed(1, "cow");
  EXPECT_EQ(farm.ready(1), "") << "hen runs beside it";
  EXPECT_EQ(
      farm.explain("big"),
      "waits: it ran out of memory, so it goes after the others, alone on its machine; no shot is before "
      "it; 1 attempt failed: signal 11");
  farm.committed(3, "cat");
  EXPECT_EQ(farm.ready(3), "3 renders big (2)");
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
  EXPECT_EQ(farm.ready(1), "1 renders big (2)") << "huge failed on it";
  EXPECT_EQ(farm.ready(2), "");
  EXPECT_EQ(farm.committed(1, "big", 2), "2 renders huge (2)");
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
  EXPECT_EQ(farm.committed(1, "dog"), "2 renders big (2)");
}

TEST(Alone, AHostIsFreeAgainHoweverTheShotEnds) {
  for (const char* end : {"stopped", "found", "crashed", "lost", "hung"}) {
    Stage farm;
    farm.submit({{.name = "big"}});
    farm.spent("big", 1, FailureKind::memory);
    farm.ready(1);
    farm.ready(2);
    const std::string how = end;
    if (how == "stopped") farm.stopped(1, "big", 2);
    if (how == "found") farm.found("big");
    if (how == "crashed") farm.failed(1, "big", 2);
    if (how == "lost") farm.gone(1);
    if (how == "hung") farm.tick_after(601);
    if (how == "found") {
      EXPECT_TRUE(farm.scheduler.finished());
    } else {
      EXPECT_EQ(farm.scheduler.counts().running, 1) << end << ": worker 2 has it";
    }
  }
}

}  // namespace
}  // namespace pia::scheduler
