// SPDX-License-Identifier: Apache-2.0
#include "farm/readiness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pia::farm {
namespace {

using scheduler::WorkerId;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Readiness, GivesEachIdleWorkerOnce) {
  Readiness readiness;
  readiness.is_idle({1});
  readiness.is_idle({0});
  readiness.is_idle({1});
  EXPECT_EQ(readiness.take_idle(), WorkerId{0});
  EXPECT_EQ(readiness.take_idle(), WorkerId{1});
  EXPECT_EQ(readiness.take_idle(), std::nullopt);
}

TEST(Readiness, AWorkerThatHasAShotIsWaitedForOrIsForgottenIsNotIdle) {
  Readiness readiness;
  for (const int worker : {0, 1, 2}) readiness.is_idle({worker});
  readiness.has_a_shot({0});
  readiness.wait_for({1}, seconds(0));
  readiness.forget({2});
  EXPECT_EQ(readiness.take_idle(), std::nullopt);
}

TEST(Readiness, IsPatientUpToThePatienceAndNotBeyond) {
  Readiness readiness;
  readiness.wait_for({0}, seconds(10));
  readiness.wait_for({1}, seconds(11));
  EXPECT_THAT(readiness.overdue(seconds(40), seconds(30)), IsEmpty());
  EXPECT_THAT(readiness.overdue(seconds(41), seconds(30)), ElementsAre(WorkerId{0}));
  EXPECT_THAT(readiness.overdue(seconds(42), seconds(30)), ElementsAre(WorkerId{0}, WorkerId{1}))
      << "it goes on being waited for";
  readiness.wait_for({0}, seconds(42));
  EXPECT_THAT(readiness.overdue(seconds(50), seconds(30)), ElementsAre(WorkerId{1})) << "from now on";
}

TEST(Readiness, WhoAnsweredIsIdleOrIsForgottenIsNotWaitedFor) {
  Readiness readiness;
  for (const int worker : {0, 1, 2}) readiness.wait_for({worker}, seconds(0));
  readiness.answered({0});
  readiness.is_idle({1});
  readiness.forget({2});
  EXPECT_THAT(readiness.overdue(seconds(999), seconds(1)), IsEmpty());
  EXPECT_EQ(readiness.take_idle(), WorkerId{1}) << "an answer alone makes none idle";
  EXPECT_EQ(readiness.take_idle(), std::nullopt);
}

TEST(Readiness, KnowsNothingOfWorkersThatWereNeverHeardOf) {
  Readiness readiness;
  readiness.answered({7});
  readiness.has_a_shot({7});
  readiness.forget({7});
  EXPECT_EQ(readiness.take_idle(), std::nullopt);
  EXPECT_THAT(readiness.overdue(seconds(999), seconds(1)), IsEmpty());
}

}  // namespace
}  // namespace pia::farm
