// SPDX-License-Identifier: Apache-2.0
#include "farm/training/common_checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <future>

#include "jobs/core/error.hpp"
#include "storage/training_file.hpp"
#include "tests/support/line_trainer.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using testing::HasSubstr;

/// Two processes as two threads, each with what it sees of the run directory.
class Pair : public testing::Test {
 protected:
  class Rank : public tests::LoneReducer {
   public:
    Rank(Pair& pair, int rank) : pair_(pair), rank_(rank) {}
    int rank() const override { return rank_; }
    int ranks() const override { return 2; }
    void sum(std::span<float> values) override {
      pair_.sent[static_cast<std::size_t>(rank_)].assign(values.begin(), values.end());
      pair_.meet.arrive_and_wait();
      const std::vector<float>& other = pair_.sent[static_cast<std::size_t>(1 - rank_)];
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += other[i];
      if (rank_ == 1) pair_.summed();
      pair_.meet.arrive_and_wait();
    }

   private:
    Pair& pair_;
    int rank_;
  };

  Pair() {
    for (const char* view : {"0", "1"}) files->make_folders(folder / view + "/checkpoints");
  }

  std::string slot(int view, int number) const {
    return folder / std::to_string(view) + "/checkpoints/training." + std::to_string(number) + ".h5";
  }
  void keep(const std::string& path, std::int64_t step, const std::string& curve) {
    const auto bytes = storage::encode_training(
        {.identity = identity, .step = step, .curve = curve, .device_kind = "cpu", .arrays = {}});
    storage::replace_file(*files, path, bytes, "e1");
  }

  // The step that a process goes on from, or what it says instead.
  std::string outcome(int rank) {
    dsl::PlannedTraining planned;
    planned.out = folder / std::to_string(rank);
    planned.identity = identity;
    planned.training.steps = steps[static_cast<std::size_t>(rank)];
    Rank reducer(*this, rank);
    tests::LineTrainer trainer(planned.training, reducer);
    const storage::TrainingStore store(*files, planned.out);
    try {
      const auto found = common_checkpoint({.planned = planned,
                                            .trainer = trainer,
                                            .reducer = reducer,
                                            .files = *files,
                                            .between_looks = std::chrono::milliseconds{1},
                                            .stop_asked = {},
                                            .happened = {}},
                                           store);
      return found.checkpoint ? std::to_string(found.checkpoint->step) : "none";
    } catch (const jobs::Error& error) {
      EXPECT_EQ(error.code(), jobs::ExitCode::run_again);
      return error.what();
    }
  }
  std::array<std::string, 2> outcomes() {
    auto second = std::async(std::launch::async, [this] { return outcome(1); });
    std::string first = outcome(0);
    return {first, second.get()};
  }

  tests::TempFolder folder;
  std::unique_ptr<storage::FileOps> files = storage::make_posix_file_ops();
  jobs::Digest identity = jobs::sha256("one");
  std::array<int, 2> steps = {100'000, 100'000};
  std::barrier<> meet{2};
  std::array<std::vector<float>, 2> sent;
  std::function<void()> summed = [] {};
};

TEST_F(Pair, ThatSeesOneCheckpointGoesOnFromIt) {
  EXPECT_THAT(outcomes(), testing::Each("none"));
  for (const int view : {0, 1}) {
    keep(slot(view, 0), 70'000, "a");
    keep(slot(view, 1), 70'001, "ab");
  }
  EXPECT_THAT(outcomes(), testing::Each("70001"));
}

TEST_F(Pair, WaitsForACheckpointThatOneSeesLate) {
  for (const int view : {0, 1}) keep(slot(view, 0), 3, "abc");
  keep(slot(0, 1), 4, "abcd");
  int sums = 0;
  summed = [&] {
    if (++sums == 5) keep(slot(1, 1), 4, "abcd");
  };
  EXPECT_THAT(outcomes(), testing::Each("4"));
  EXPECT_EQ(sums, 6);
}

// Trained on from there, both would go on with sums of different weights, and publish the outcome.
TEST_F(Pair, ThatSeesDifferentStepsTrainsNothing) {
  for (const int view : {0, 1}) keep(slot(view, 0), 3, "abc");
  keep(slot(0, 1), 4, "abcd");
  EXPECT_THAT(outcomes(),
              testing::Each(HasSubstr("process 0 sees a checkpoint of step 4, and process 1 one of step 3")));
}

TEST_F(Pair, ThatSeesOtherLossesOfTheSameStepTrainsNothing) {
  keep(slot(0, 0), 3, "abc");
  keep(slot(1, 0), 3, "abd");
  EXPECT_THAT(outcomes(), testing::Each(HasSubstr("see different trainings at step 3")));
}

TEST_F(Pair, WaitsWhereOneStillSeesTheCheckpointsOfAnotherTraining) {
  keep(slot(0, 0), 3, "abc");
  const jobs::Digest own = identity;
  identity = jobs::sha256("another");
  keep(slot(1, 0), 3, "xyz");
  identity = own;
  int sums = 0;
  summed = [&] {
    if (++sums == 5) keep(slot(1, 0), 3, "abc");
  };
  EXPECT_THAT(outcomes(), testing::Each("3"));
}

TEST_F(Pair, ThatIsToDoDifferentStepsTrainsNothing) {
  for (const int view : {0, 1}) keep(slot(view, 0), 3, "abc");
  steps = {20, 30};
  EXPECT_THAT(outcomes(), testing::Each(HasSubstr("see different trainings at step 3")));
}

}  // namespace
}  // namespace pia::farm
