// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/eta.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <queue>
#include <random>

#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using renderer::Phase;
using tests::ShotBuilder;

scheduler::TimePoint at(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

/// A shot and what it really takes: attention makes large pictures dearer than their pixels.
struct True {
  jobs::PlannedShot planned;
  double step = 0;
  double decode = 0;
  double rest = 0;
};

True true_shot(int number, int side, int steps, const std::string& model) {
  True shot;
  shot.planned = ShotBuilder{}
                     .seed(static_cast<std::uint64_t>(number))
                     .size(side, side)
                     .frames(16)
                     .steps(steps)
                     .model(model)
                     .planned("shot-" + std::to_string(number));
  const double area = side * side / 1e4;
  shot.step = 0.1 * area * (1 + 0.05 * area);
  shot.decode = 0.15 * area;
  shot.rest = 0.3;
  return shot;
}

std::vector<True> mixed_shots(std::uint64_t seed, int count) {
  std::mt19937_64 chance(seed);
  std::vector<True> shots;
  for (int i = 0; i < count; ++i) {
    const int side = 128 + 64 * static_cast<int>(chance() % 3);
    const int steps = 8 + static_cast<int>(chance() % 20);
    shots.push_back(true_shot(i, side, steps, chance() % 2 == 0 ? "first" : "second"));
  }
  std::stable_sort(shots.begin(), shots.end(), [](const True& a, const True& b) {
    return a.planned.shot.model.path < b.planned.shot.model.path;
  });
  return shots;
}

/// Renders the shots in order on virtual workers, telling `eta` what a farm would tell, and asks it after
/// `ask_after` shots. Gives what it said over what was true then.
double said_over_true(const std::vector<True>& shots, int workers, int ask_after) {
  constexpr double kLoad = 4;
  struct Turn {
    double at = 0;
    int worker = 0;
    bool operator>(const Turn& other) const { return at > other.at; }
  };
  struct Told {
    double at = 0;
    std::function<void()> tell;
  };
  Eta eta(workers);
  for (const True& shot : shots) eta.add(shot.planned);
  std::vector<Told> story;
  std::vector<double> ends;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> free_first;
  for (int i = 0; i < workers; ++i) free_first.push({0, i});
  std::map<int, std::string> model;
  for (const True& shot : shots) {
    const Turn turn = free_first.top();
    free_first.pop();
    const jobs::ShotId id = shot.planned.id;
    const int of = shot.planned.shot.steps;
    double now = turn.at;
    story.push_back({now, [&eta, turn, id] { eta.assigned({turn.worker}, id, at(turn.at)); }});
    const bool loads = model[turn.worker] != shot.planned.shot.model.path;
    model[turn.worker] = shot.planned.shot.model.path;
    now += (loads ? kLoad : 0) + shot.rest;
    for (int step = 0; step <= of; ++step) {
      if (step > 0) now += shot.step;
      const renderer::Progress progress{Phase::denoising, step, of, step > 0 ? shot.step : 0};
      story.push_back({now, [&eta, id, progress, now] { eta.progressed(id, progress, at(now)); }});
    }
    const renderer::Progress decoding{Phase::decoding, of, of, 0};
    story.push_back({now, [&eta, id, decoding, now] { eta.progressed(id, decoding, at(now)); }});
    now += shot.decode;
    const jobs::Timings timings{.load = loads ? kLoad : 0,
                                .encode = shot.rest,
                                .denoise = of * shot.step,
                                .decode = shot.decode,
                                .steps_done = of};
    story.push_back({now, [&eta, id, timings, now] { eta.committed(id, timings, at(now)); }});
    ends.push_back(now);
    free_first.push({now, turn.worker});
  }
  std::stable_sort(story.begin(), story.end(), [](const Told& a, const Told& b) { return a.at < b.at; });
  std::sort(ends.begin(), ends.end());
  const double asked_at = ends[static_cast<std::size_t>(ask_after) - 1];
  for (const Told& told : story) {
    if (told.at <= asked_at) told.tell();
  }
  return eta.seconds_left(at(asked_at)).value_or(-1) / (ends.back() - asked_at);
}

// Where the first shots are all of one size, what other sizes cost can only be guessed: those runs may be a
// little farther off.
TEST(Eta, IsRightWithinAFifthAfterTheThirdOfThirtyMixedShots) {
  int farther_off = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const int workers : {1, 2, 3}) {
      const double ratio = said_over_true(mixed_shots(seed, 30), workers, 3);
      if (ratio < 0.8 || ratio > 1.2) ++farther_off;
      EXPECT_GT(ratio, 0.7) << "seed " << seed << ", workers " << workers;
      EXPECT_LT(ratio, 1.3) << "seed " << seed << ", workers " << workers;
    }
  }
  EXPECT_LE(farther_off, 3) << "of 600";
}

TEST(Eta, SaysNothingBeforeAStepWasMeasured) {
  Eta eta(1);
  const auto shot = ShotBuilder{}.planned();
  eta.add(shot);
  EXPECT_EQ(eta.seconds_left(at(0)), std::nullopt);
  eta.assigned({0}, shot.id, at(0));
  eta.progressed(shot.id, {Phase::loading, 0, 4, 0}, at(1));
  EXPECT_EQ(eta.seconds_left(at(1)), std::nullopt);
}

TEST(Eta, IsZeroWhenNothingIsLeft) {
  Eta eta(2);
  EXPECT_EQ(eta.seconds_left(at(0)), 0.0);
}

TEST(Eta, CountsOnlyTheStepsThatAreLeftOfAResumedShot) {
  Eta eta(1);
  const auto shot = ShotBuilder{}.steps(10).planned();
  eta.add(shot);
  eta.assigned({0}, shot.id, at(0));
  eta.progressed(shot.id, {Phase::denoising, 8, 10, 0}, at(0));
  eta.progressed(shot.id, {Phase::denoising, 9, 10, 2.0}, at(2));
  // One step, and decoding, which is taken as a step until it was measured.
  EXPECT_DOUBLE_EQ(*eta.seconds_left(at(2)), 4.0);
}

/// Renders a shot from `start` on: steps of a second, a second of decoding. Returns the end.
double render(Eta& eta, const jobs::PlannedShot& shot, double start, double step = 1.0) {
  const int steps = shot.shot.steps;
  double now = start;
  eta.assigned({0}, shot.id, at(now));
  for (int i = 1; i <= steps; ++i)
    eta.progressed(shot.id, {Phase::denoising, i, steps, step}, at(now += step));
  eta.committed(shot.id, {.denoise = steps * step, .decode = 1, .steps_done = steps}, at(now += 1));
  return now;
}

TEST(Eta, ForgetsAShotThatWasGivenUpAndKeepsOneThatWaitsAgain) {
  Eta eta(1);
  const auto done = ShotBuilder{}.seed(0).planned();
  const auto first = ShotBuilder{}.seed(1).planned();
  const auto second = ShotBuilder{}.seed(2).planned();
  for (const auto* shot : {&done, &first, &second}) eta.add(*shot);
  const double now = render(eta, done, 0);
  eta.assigned({0}, first.id, at(now));
  eta.progressed(first.id, {Phase::denoising, 1, 4, 1.0}, at(now + 1));
  eta.released(first.id);
  EXPECT_DOUBLE_EQ(*eta.seconds_left(at(now + 1)), 10.0);
  eta.gave_up(first.id);
  EXPECT_DOUBLE_EQ(*eta.seconds_left(at(now + 1)), 5.0);
}

// The first shot was six times as large as the others, whose steps took twice their share of its: 27 s were
// foretold of 80.
TEST(Eta, BugManySmallShotsWereForetoldFromALargeOne) {
  Eta eta(1);
  const auto large = ShotBuilder{}.seed(0).frames(16).size(384, 256).planned();
  eta.add(large);
  std::vector<jobs::PlannedShot> small;
  for (std::uint64_t i = 1; i < 20; ++i)
    small.push_back(ShotBuilder{}.seed(i).frames(16).size(128, 128).planned());
  for (const auto& shot : small) eta.add(shot);
  eta.assigned({0}, large.id, at(0));
  eta.progressed(large.id, {Phase::denoising, 1, 4, 3.0}, at(3));
  EXPECT_EQ(eta.seconds_left(at(3)), std::nullopt);
  double now = render(eta, large, 3, 3.0);
  EXPECT_EQ(eta.seconds_left(at(now)), std::nullopt);
  eta.assigned({0}, small[0].id, at(now));
  eta.progressed(small[0].id, {Phase::denoising, 1, 4, 1.0}, at(now + 1));
  const double truth = 19 * 4 + 19 * 1.0 / 6 - 1;
  ASSERT_TRUE(eta.seconds_left(at(now + 1)).has_value());
  EXPECT_NEAR(*eta.seconds_left(at(now + 1)), truth, 0.05 * truth);
}

TEST(Eta, BugEqualShotsHadNoTimeToGoBeforeTheFirstWasDone) {
  Eta eta(1);
  std::vector<jobs::PlannedShot> shots;
  for (std::uint64_t i = 0; i < 4; ++i) shots.push_back(ShotBuilder{}.seed(i).steps(4).planned());
  for (const auto& shot : shots) eta.add(shot);
  eta.assigned({0}, shots[0].id, at(0));
  eta.progressed(shots[0].id, {Phase::denoising, 0, 4, 0}, at(0));
  EXPECT_EQ(eta.seconds_left(at(0)), std::nullopt);
  eta.progressed(shots[0].id, {Phase::denoising, 1, 4, 900.0}, at(900));
  ASSERT_TRUE(eta.seconds_left(at(900)).has_value());
  EXPECT_DOUBLE_EQ(*eta.seconds_left(at(900)), 900.0 * (4 + 3 * 5)) << "decoding is taken as a step";
}

TEST(Eta, OfShotsOfManySizesIsToldAfterAFewAllTheSame) {
  Eta eta(1);
  std::vector<jobs::PlannedShot> shots;
  int side = 64;
  for (std::uint64_t i = 0; i < 8; ++i, side *= 2)
    shots.push_back(ShotBuilder{}.seed(i).size(side, side).planned());
  for (const auto& shot : shots) eta.add(shot);
  double now = 0;
  for (std::size_t i = 0; i < 4; ++i) now = render(eta, shots[i], now);
  EXPECT_EQ(eta.seconds_left(at(now)), std::nullopt);
  now = render(eta, shots[4], now);
  EXPECT_TRUE(eta.seconds_left(at(now)).has_value());
}

TEST(Eta, NeverGoesBelowZeroHoweverLateAShotIs) {
  Eta eta(1);
  const auto shot = ShotBuilder{}.planned();
  eta.add(shot);
  eta.assigned({0}, shot.id, at(0));
  eta.progressed(shot.id, {Phase::denoising, 4, 4, 1.0}, at(4));
  eta.progressed(shot.id, {Phase::decoding, 4, 4, 0}, at(4));
  EXPECT_EQ(*eta.seconds_left(at(1000)), 0.0);
}

}  // namespace
}  // namespace pia::farm
