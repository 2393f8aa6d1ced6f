// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "farm/launcher/pulse_watch.hpp"
#include "farm/rank/pulse.hpp"

namespace pia::farm {
namespace {

using namespace std::chrono_literals;

/// Listens once a second.
class Listener {
 public:
  explicit Listener(std::chrono::seconds silence) : watch_(silence) { watch_.listen(now_); }

  void let_pass(std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) watch_.listen(now_ += 1s);
  }
  void stand_still(std::chrono::seconds time) { watch_.listen(now_ += time); }
  PulseWatch* operator->() { return &watch_; }

 private:
  scheduler::TimePoint now_{7h};
  PulseWatch watch_;
};

TEST(PulseWatch, ARankZeroThatSaysNothingIsSilent) {
  Listener watch(30s);
  watch->hear("\x16\n");
  watch.let_pass(30s);
  EXPECT_FALSE(watch->is_silent());
  watch.let_pass(1s);
  EXPECT_TRUE(watch->is_silent());
  watch->hear("\x16\n");
  EXPECT_FALSE(watch->is_silent());
}

TEST(PulseWatch, AStartMayTakeTenMinutes) {
  Listener watch(30s);
  watch.let_pass(600s);
  EXPECT_FALSE(watch->is_silent());
  watch.let_pass(1s);
  EXPECT_TRUE(watch->is_silent());
}

TEST(PulseWatch, BugRanksThatNeverMetWereGivenTenMinutes) {
  Listener watch(30s);
  watch.let_pass(500s);
  EXPECT_EQ(watch->hear("\x05\n"), "");
  EXPECT_TRUE(watch->was_born());
  EXPECT_FALSE(watch->was_heard()) << "they have not met";
  watch.let_pass(120s);
  EXPECT_FALSE(watch->is_silent());
  watch.let_pass(1s);
  EXPECT_TRUE(watch->is_silent());
  watch->hear("\x16\n");
  EXPECT_FALSE(watch->is_silent());
  watch.let_pass(31s);
  EXPECT_TRUE(watch->is_silent()) << "once they have met, the usual silence";
}

TEST(PulseWatch, RanksThatDidNotMeetHaveMoreTimeTheNextTime) {
  const auto minutes = [](int unmet) {
    PulseWatch watch(30s, unmet);
    watch.hear("\x05\n");
    return watch.patience() / 1min;
  };
  EXPECT_EQ(minutes(0), 2);
  EXPECT_EQ(minutes(1), 4);
  EXPECT_EQ(minutes(2), 8);
  EXPECT_EQ(minutes(3), 10);
  EXPECT_EQ(minutes(100), 10);
}

TEST(PulseWatch, TheBirthOfRankZeroIsSaidToItsWatch) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  say_rank_zero_is_born(ends[1]);
  std::array<char, 4> text{};
  ASSERT_EQ(read(ends[0], text.data(), text.size()), 2);
  PulseWatch watch(30s);
  EXPECT_EQ(watch.hear({text.data(), 2}), "");
  EXPECT_TRUE(watch.was_born());
  close(ends[0]);
  close(ends[1]);
}

TEST(PulseWatch, ALauncherThatStoodStillItselfBlamesNobody) {
  Listener watch(30s);
  watch->hear("\x16\n");
  watch.stand_still(24h);
  EXPECT_FALSE(watch->is_silent());
}

TEST(PulseWatch, WhoIsThroughNeedSayNothingMore) {
  Listener watch(30s);
  watch->hear("\x16\n\x04\n");
  EXPECT_TRUE(watch->is_through());
  watch.let_pass(3600s);
  EXPECT_FALSE(watch->is_silent());
}

TEST(PulseWatch, ALostRankIsToldOnceAndASignOfLifeToo) {
  Listener watch(30s);
  watch->hear("\x16\n");
  EXPECT_FALSE(watch->take_loss());
  watch.let_pass(20s);
  EXPECT_EQ(watch->hear("\x15\n"), "");
  watch.let_pass(20s);
  EXPECT_FALSE(watch->is_silent());
  EXPECT_TRUE(watch->take_loss());
  EXPECT_FALSE(watch->take_loss());
}

TEST(PulseWatch, SignsAreForNobodyElseWhereverTheTextIsCut) {
  const std::string_view said = "one\n\x16\ntw\x16\no\n\n\x16\n\x16\nthree\n\x04\n";
  for (std::size_t cut = 0; cut <= said.size(); ++cut) {
    PulseWatch watch(30s);
    std::string heard = watch.hear(said.substr(0, cut));
    heard += watch.hear(said.substr(cut));
    EXPECT_EQ(heard, "one\ntwo\n\nthree\n") << cut;
  }
}

TEST(Pulse, IsHeardByItsWatchUntilTheEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  PulseWatch watch(30s);
  std::array<char, 64> text{};
  {
    Pulse pulse(ends[1], 1ms);
    const ssize_t count = read(ends[0], text.data(), 2);
    EXPECT_EQ(watch.hear({text.data(), static_cast<std::size_t>(count)}), "");
    EXPECT_FALSE(watch.is_through());
    pulse.tell_of_a_loss();
    while (!watch.take_loss()) {
      pulse.turn();
      ASSERT_EQ(read(ends[0], text.data(), 2), 2);
      EXPECT_EQ(watch.hear({text.data(), 2}), "");
    }
  }
  close(ends[1]);
  for (ssize_t count = 0; (count = read(ends[0], text.data(), text.size())) > 0;) {
    EXPECT_EQ(watch.hear({text.data(), static_cast<std::size_t>(count)}), "");
  }
  close(ends[0]);
  EXPECT_TRUE(watch.is_through());
}

}  // namespace
}  // namespace pia::farm
