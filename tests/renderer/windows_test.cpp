// SPDX-License-Identifier: Apache-2.0
#include "renderer/windows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "renderer/renderer.hpp"

namespace pia::renderer {
namespace {

using jobs::Windows;
using enum jobs::WindowSchedule;

/// "0-15 12-27": first and last frame of each window.
std::string spans(const Windows& windows, int frames, int step = 0) {
  std::string text;
  for (const Window& window : windows_of(windows, frames, step)) {
    text += (text.empty() ? "" : " ") + std::to_string(window.frames.front()) + "-" +
            std::to_string(window.frames.back());
  }
  return text;
}

/// Runs `check` on every step's windows of clips of many lengths, in all schedules.
template <class Check>
void for_many_clips(Check check) {
  for (const jobs::WindowSchedule schedule : {uniform, fixed, looped}) {
    for (const auto& [length, overlap] : {std::pair{16, 4}, {16, 0}, {16, 15}, {8, 2}, {2, 1}, {1, 0}}) {
      for (const int frames : {1, 2, 7, 16, 17, 24, 33, 48, 128}) {
        for (const int step : {0, 1, 2, 3, 24, 999}) {
          const Windows windows{.length = length, .overlap = overlap, .schedule = schedule};
          check(windows, frames, windows_of(windows, frames, step));
        }
      }
    }
  }
}

TEST(Windows, OfAStaticScheduleLieOnAGridAndTheLastEndsWithTheClip) {
  const Windows windows{.schedule = fixed};
  EXPECT_EQ(spans(windows, 40), "0-15 12-27 24-39");
  EXPECT_EQ(spans(windows, 41), "0-15 12-27 24-39 25-40");
  EXPECT_EQ(spans(windows, 17), "0-15 1-16");
  EXPECT_EQ(spans(windows, 40, 7), spans(windows, 40));
}

TEST(Windows, OfAUniformScheduleMoveWithTheSteps) {
  const Windows windows{.schedule = uniform};
  EXPECT_EQ(spans(windows, 40, 0), "0-15 12-27 24-39");
  EXPECT_EQ(spans(windows, 40, 1), "0-15 6-21 18-33 24-39");
  EXPECT_EQ(spans(windows, 40, 2), "0-15 9-24 21-36 24-39");
  EXPECT_EQ(spans(windows, 40, 3), "0-15 3-18 15-30 24-39");
}

TEST(Windows, OfALoopedScheduleGoRound) {
  const Windows windows{.schedule = looped};
  EXPECT_EQ(spans(windows, 36, 0), "0-15 12-27 24-3");
  EXPECT_EQ(spans(windows, 36, 1), "6-21 18-33 30-9");
  EXPECT_EQ(spans(windows, 40, 0), "0-15 12-27 24-39 36-11");
  EXPECT_EQ(spans(windows, 40, 1), "6-21 18-33 30-5 2-17");
  EXPECT_EQ(spans(windows, 40, 2), "3-18 15-30 27-2 39-14");
}

TEST(Windows, OfAClipThatIsNotLongerAreOne) {
  EXPECT_EQ(spans({.schedule = looped}, 16, 5), "0-15");
  EXPECT_EQ(spans({}, 3, 1), "0-2");
}

TEST(Windows, SharesOfEveryFrameAddUpToOneAndNoneIsNought) {
  for_many_clips([](const Windows&, int frames, const std::vector<Window>& all) {
    std::vector<double> sums(static_cast<std::size_t>(frames), 0);
    for (const Window& window : all) {
      ASSERT_EQ(window.frames.size(), window.shares.size());
      for (std::size_t i = 0; i < window.frames.size(); ++i) {
        EXPECT_GT(window.shares[i], 0);
        sums.at(static_cast<std::size_t>(window.frames[i])) += window.shares[i];
      }
    }
    for (const double sum : sums) EXPECT_NEAR(sum, 1, 1e-6);
  });
}

TEST(Windows, AreAllOfOneLengthOfDistinctFramesAndNoneComesTwice) {
  for_many_clips([](const Windows& windows, int frames, const std::vector<Window>& all) {
    std::set<std::vector<std::int64_t>> different;
    for (const Window& window : all) {
      EXPECT_EQ(window.frames.size(), static_cast<std::size_t>(std::min(windows.length, frames)));
      EXPECT_EQ(std::set(window.frames.begin(), window.frames.end()).size(), window.frames.size());
      different.insert(window.frames);
    }
    EXPECT_EQ(different.size(), all.size());
  });
}

TEST(Windows, ThatOverlapHoldEachPairOfNeighboursTogether) {
  for_many_clips([](const Windows& windows, int frames, const std::vector<Window>& all) {
    if (windows.overlap == 0) return;
    std::set<std::int64_t> before;
    for (const Window& window : all) {
      for (std::size_t i = 1; i < window.frames.size(); ++i) {
        EXPECT_EQ(window.frames[i], (window.frames[i - 1] + 1) % frames);
        before.insert(window.frames[i - 1]);
      }
    }
    const bool is_round = windows.schedule == looped && frames > windows.length;
    EXPECT_EQ(before.size(), static_cast<std::size_t>(is_round ? frames : frames - 1));
  });
}

TEST(Windows, FadeIntoEachOtherWhereTheyOverlap) {
  const auto all = windows_of({.schedule = fixed}, 28, 0);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_FLOAT_EQ(all[0].shares[11], 1);
  EXPECT_FLOAT_EQ(all[0].shares[12], 0.8F);
  EXPECT_FLOAT_EQ(all[0].shares[15], 0.2F);
  EXPECT_FLOAT_EQ(all[1].shares[0], 0.2F);
}

TEST(Windows, ALoopLooksTheSameFromEveryWindow) {
  const auto all = windows_of({.schedule = looped}, 36, 5);
  for (const Window& window : all) EXPECT_EQ(window.shares, all.front().shares);
}

TEST(Windows, AStepCostsAllFramesOfAllWindows) {
  jobs::Shot shot;
  shot.frames = 40;
  EXPECT_EQ(frames_a_step(shot), 40);
  shot.windows = Windows{.schedule = fixed};
  EXPECT_EQ(frames_a_step(shot), 48);
  shot.windows->schedule = looped;
  EXPECT_EQ(frames_a_step(shot), 64);
  shot.frames = 12;
  EXPECT_EQ(frames_a_step(shot), 12);
}

}  // namespace
}  // namespace pia::renderer
