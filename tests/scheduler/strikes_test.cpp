// SPDX-License-Identifier: Apache-2.0
// GPUs that fail again and again.
#include <gtest/gtest.h>

#include "tests/scheduler/stage.hpp"

namespace pia::scheduler {
namespace {

using tests::Cast;
using tests::Stage;

std::vector<Cast> many_shots() {
  std::vector<Cast> shots;
  for (int i = 0; i < 20; ++i) shots.push_back({.name = "shot-" + std::to_string(i)});
  return shots;
}

/// Two workers; the GPU of worker 1 fails on the shots that it gets.
class SickGpu {
 public:
  explicit SickGpu(const Policy& policy = {}) : stage(policy) {
    stage.submit(many_shots());
    next_ = stage.ready(1);
    stage.ready(2);
  }

  /// Worker 1 fails on its shot; what the farm says to that.
  std::string fails(FailureKind kind = FailureKind::device) {
    const std::string said = stage.failed(1, name_in(next_), attempt_in(next_), kind);
    next_ = stage.ready(1);
    return said;
  }
  bool has_work() const { return !next_.empty(); }
  std::string tick_after(double seconds) { return next_ = stage.tick_after(seconds); }

  Stage stage;

 private:
  static std::string name_in(const std::string& said) {
    const auto from = said.find("shot-");
    return said.substr(from, said.find(' ', from) - from);
  }
  static int attempt_in(const std::string& said) { return std::stoi(said.substr(said.find('(') + 1)); }

  std::string next_;
};

TEST(Strikes, AWorkerRestsAfterItsGpuFailedOnThreeShots) {
  SickGpu farm;
  EXPECT_EQ(farm.fails(), "");
  EXPECT_EQ(farm.fails(), "");
  EXPECT_EQ(farm.fails(), "1 rests");
  EXPECT_FALSE(farm.has_work());
}

TEST(Strikes, OtherFailuresAreNoStrikes) {
  for (const FailureKind kind :
       {FailureKind::crash, FailureKind::memory, FailureKind::gpu_memory, FailureKind::input}) {
    SickGpu farm;
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ(farm.fails(kind).find("rests"), std::string::npos);
      EXPECT_TRUE(farm.has_work());
    }
  }
}

TEST(Strikes, OfMoreThanAnHourAgoAreForgotten) {
  SickGpu farm({.silence = std::chrono::hours(9), .loading_silence = std::chrono::hours(9)});
  EXPECT_EQ(farm.fails(), "");
  EXPECT_EQ(farm.fails(), "");
  farm.stage.pass(3601);
  EXPECT_EQ(farm.fails(), "");
  EXPECT_TRUE(farm.has_work());
}

TEST(Strikes, ARestedWorkerIsForgivenAfterFiveHours) {
  SickGpu farm({.silence = std::chrono::hours(9), .loading_silence = std::chrono::hours(9)});
  farm.fails();
  farm.fails();
  farm.fails();
  EXPECT_EQ(farm.tick_after(5 * 3600 - 1), "");
  EXPECT_NE(farm.tick_after(2), "");
  EXPECT_EQ(farm.fails(), "");
}

TEST(Strikes, ShotsThatFailedOnAnotherWorkerAreNotKeptForOneThatRests) {
  SickGpu farm;
  farm.fails();
  farm.fails();
  farm.fails();
  std::string got = farm.stage.failed(2, "shot-1");
  for (int i = 0; i < 40 && !farm.stage.scheduler.finished(); ++i) {
    got = farm.stage.ready(2);
    if (got.empty()) break;
    const auto from = got.find("shot-");
    const int attempt = std::stoi(got.substr(got.find('(') + 1));
    farm.stage.committed(2, got.substr(from, got.find(' ', from) - from), attempt);
  }
  EXPECT_TRUE(farm.stage.scheduler.finished());
  EXPECT_EQ(farm.stage.scheduler.counts().done, 20);
}

TEST(Strikes, TheLastWorkerNeverRests) {
  SickGpu farm;
  farm.stage.gone(2);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(farm.fails().find("rests"), std::string::npos);
  EXPECT_TRUE(farm.has_work());
}

TEST(Strikes, ARestingWorkerWorksAgainOnceItIsTheLast) {
  SickGpu farm;
  farm.fails();
  farm.fails();
  farm.fails();
  EXPECT_FALSE(farm.has_work());
  EXPECT_NE(farm.stage.gone(2).find("1 renders"), std::string::npos);
}

/// A farm that starts again; the GPU of worker 1 has rested before.
Stage restarted(const StrikesBefore& before) {
  Stage stage;
  stage.submit(many_shots());
  EXPECT_EQ(stage.tell(before), "");
  return stage;
}

TEST(Strikes, ARestSurvivesARestart) {
  Stage stage = restarted({.worker = {1}, .rest = StrikesBefore::Rest::yes});
  EXPECT_EQ(stage.ready(1), "1 rests");
  EXPECT_EQ(stage.ready(2), "2 renders shot-0 (1)");
  EXPECT_EQ(stage.tick_after(3600), "2 is killed at shot-0");
  EXPECT_EQ(stage.ready(1), "");
}

TEST(Strikes, SoDoStrikes) {
  Stage stage =
      restarted({.worker = {1}, .shots = {tests::shot_named("shot-7"), tests::shot_named("shot-8")}});
  EXPECT_EQ(stage.ready(1), "1 renders shot-0 (1)");
  stage.ready(2);
  EXPECT_NE(stage.failed(1, "shot-0", 1, FailureKind::device).find("1 rests"), std::string::npos);
}

TEST(Strikes, AWorkerThatRestedWorksAfterARestartIfNobodyElseComes) {
  Stage stage = restarted({.worker = {1}, .rest = StrikesBefore::Rest::yes});
  EXPECT_EQ(stage.ready(1), "1 rests");
  EXPECT_EQ(stage.tick_after(59), "");
  EXPECT_EQ(stage.tick_after(1), "1 renders shot-0 (1)");
}

}  // namespace
}  // namespace pia::scheduler
