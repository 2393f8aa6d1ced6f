// SPDX-License-Identifier: Apache-2.0
#include "farm/silence_watch.hpp"

#include <gtest/gtest.h>

namespace pia::farm {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const scheduler::WorkerId kFirst{0};
const scheduler::WorkerId kSecond{1};
using Workers = std::vector<scheduler::WorkerId>;

/// Somebody who listens twice a second.
class Listener {
 public:
  explicit Listener(std::optional<std::chrono::duration<double>> limit) : watch(limit, 2) {
    watch.listen(now_);
  }
  Workers after(seconds time) {
    for (const auto end = now_ + time; now_ < end;) {
      now_ += std::chrono::milliseconds(500);
      watch.listen(now_);
    }
    return watch.silent();
  }
  void sleep(seconds time) { now_ += time; }

  SilenceWatch watch;

 private:
  scheduler::TimePoint now_{seconds(1000)};
};

TEST(SilenceWatch, AWorkerThatSaysNothingIsSilentAfterTheLimit) {
  Listener listener(seconds(30));
  EXPECT_EQ(listener.after(seconds(20)), Workers{});
  listener.watch.heard_of(kFirst);
  EXPECT_EQ(listener.after(seconds(10)), Workers{});
  EXPECT_EQ(listener.after(seconds(1)), Workers{kSecond});
  EXPECT_EQ(listener.after(seconds(20)), (Workers{kFirst, kSecond}));
}

TEST(SilenceWatch, NobodyIsBlamedWhileNobodyListens) {
  Listener listener(seconds(30));
  for (int i = 0; i < 20; ++i) {
    listener.sleep(minutes(2));
    EXPECT_EQ(listener.after(seconds(0)), Workers{});
    listener.watch.heard_of(kFirst);
    listener.watch.heard_of(kSecond);
  }
}

TEST(SilenceWatch, ADiskIsWaitedForTenMinutesAndNoLonger) {
  Listener listener(seconds(30));
  listener.watch.let_wait(kFirst);
  listener.watch.heard_of(kSecond);
  EXPECT_EQ(listener.after(seconds(600)), Workers{kSecond});
  EXPECT_EQ(listener.after(seconds(1)), (Workers{kFirst, kSecond}));
  listener.watch.heard_of(kFirst);
  EXPECT_EQ(listener.after(seconds(31)), (Workers{kFirst, kSecond}));
}

TEST(SilenceWatch, WhoIsForgottenIsNoLongerMissed) {
  Listener listener(seconds(30));
  listener.watch.forget(kFirst);
  listener.watch.heard_of(kFirst);
  EXPECT_EQ(listener.after(seconds(60)), Workers{kSecond});
}

TEST(SilenceWatch, WithoutALimitNobodyIsSilent) {
  Listener listener(std::nullopt);
  listener.watch.let_wait(kFirst);
  EXPECT_EQ(listener.after(minutes(60)), Workers{});
}

}  // namespace
}  // namespace pia::farm
