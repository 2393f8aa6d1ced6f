// SPDX-License-Identifier: Apache-2.0
#include "storage/training_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "jobs/core/error.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/kept_samples.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::storage {
namespace {

using testing::HasSubstr;
using tests::sample_training;

class TrainingCheckpoints : public testing::Test {
 protected:
  static std::string slot(int number) {
    return "/run/checkpoints/training." + std::to_string(number) + ".h5";
  }
  TrainingStore::Found load() {
    return TrainingStore(files, "/run").load(sample_training(0).identity, "cpu");
  }
  std::int64_t step() {
    const auto found = load();
    return found.checkpoint ? found.checkpoint->step : -1;
  }
  void damage(int number) {
    auto bytes = files.read(slot(number));
    bytes[bytes.size() / 2] ^= std::byte{1};
    files.damage(slot(number), bytes);
  }

  tests::MemoryFileOps files;
  TrainingStore store{files, "/run"};
};

TEST_F(TrainingCheckpoints, ComeBackAsTheyWereSaved) {
  EXPECT_EQ(step(), -1);
  store.save(sample_training(7), 1);
  EXPECT_EQ(load().checkpoint, sample_training(7));
}

TEST_F(TrainingCheckpoints, TakeTurnsInTwoSlotsAlsoAfterANewStart) {
  for (int next = 1; next <= 3; ++next) store.save(sample_training(next), 1);
  TrainingStore(files, "/run").save(sample_training(4), 2);
  EXPECT_EQ(step(), 4);
  EXPECT_EQ(files.list("/run/checkpoints").size(), 2U);
  damage(1);
  EXPECT_EQ(step(), 3) << "the one before the last is still there";
  EXPECT_THAT(load().rejected.at(0), HasSubstr(slot(1)));
}

TEST_F(TrainingCheckpoints, ThatAreDamagedAreOverwrittenFirst) {
  store.save(sample_training(1), 1);
  store.save(sample_training(2), 1);
  damage(0);
  TrainingStore(files, "/run").save(sample_training(3), 2);
  damage(0);
  EXPECT_EQ(step(), 2);
}

TEST_F(TrainingCheckpoints, OfAFullDiskLeaveTheOldOnes) {
  store.save(sample_training(1), 1);
  store.save(sample_training(2), 1);
  bool went_through = false;
  for (int at = 0; at < 12 && !went_through; ++at) {
    tests::FaultFileOps full(files, at, tests::Fault::full_disk);
    try {
      TrainingStore(full, "/run").save(sample_training(3), 1);
      went_through = true;
    } catch (const jobs::StorageError& error) {
      EXPECT_EQ(error.error_number(), ENOSPC);
      EXPECT_EQ(step(), 2);
      EXPECT_EQ(files.list("/run/checkpoints").size(), 2U);
    }
  }
  EXPECT_TRUE(went_through);
  EXPECT_EQ(step(), 3);
}

TEST_F(TrainingCheckpoints, OfAnotherTrainingAreNamedAndNotResumed) {
  store.save(sample_training(5, "{\"batch\":2}"), 1);
  EXPECT_EQ(step(), -1);
  EXPECT_THAT(load().foreign, HasSubstr(slot(0) + " is of another training"));
}

TEST_F(TrainingCheckpoints, OfAnotherDeviceAreNotResumed) {
  auto foreign = sample_training(9);
  foreign.device_kind = "cuda";
  store.save(foreign, 1);
  EXPECT_EQ(step(), -1);
  EXPECT_THAT(load().foreign, HasSubstr("made on cuda, and does not go on on cpu"));
  EXPECT_TRUE(load().rejected.empty());
}

TEST_F(TrainingCheckpoints, ThatContradictThemselvesAreRefused) {
  const auto refused = [&](auto&& spoil) {
    auto spoiled = sample_training(2);
    spoil(spoiled);
    EXPECT_THROW(store.save(spoiled, 1), jobs::Error);
  };
  refused([](auto& c) { c.step = -1; });
  refused([](auto& c) { c.arrays[0].bytes.pop_back(); });
  refused([](auto& c) { c.arrays[0].shape = {0, 3}; });
  refused([](auto& c) { c.arrays[0].name.clear(); });
  refused([](auto& c) { c.arrays[1] = c.arrays[0]; });
  EXPECT_TRUE(files.list("/run/checkpoints").empty());
}

}  // namespace
}  // namespace pia::storage
