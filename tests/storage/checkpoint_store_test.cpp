// SPDX-License-Identifier: Apache-2.0
#include "storage/checkpoint_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/checkpoint_file.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/kept_samples.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::storage {
namespace {

using testing::HasSubstr;
using tests::sample_checkpoint;

class Checkpoints : public testing::Test {
 protected:
  std::string slot(int number) const {
    const std::string hex = jobs::to_hex(id);
    return "/run/checkpoints/" + hex.substr(0, 2) + "/" + hex + "." + std::to_string(number) + ".h5";
  }
  CheckpointStore::Found load() const { return store.load(id, jobs::Dtype::fp32, "cpu"); }
  int step() const {
    const auto found = load();
    return found.checkpoint ? found.checkpoint->next_step : -1;
  }

  tests::MemoryFileOps files;
  CheckpointStore store{files, "/run"};
  jobs::ShotId id = sample_checkpoint(1).shot;
  AttemptId attempt{1, 1};
};

TEST_F(Checkpoints, AreNoneAtFirst) {
  EXPECT_EQ(step(), -1);
  EXPECT_TRUE(load().rejected.empty());
  EXPECT_TRUE(store.ids().empty());
  store.remove(id);
}

TEST_F(Checkpoints, ComeBackAsTheyWereSaved) {
  store.save(sample_checkpoint(3), attempt);
  EXPECT_EQ(load().checkpoint, sample_checkpoint(3));
}

TEST_F(Checkpoints, ComeBackWithoutTheirOptionalParts) {
  auto bare = sample_checkpoint(0);
  bare.sampler_history.clear();
  bare.kept.clear();
  bare.generator_state.clear();
  store.save(bare, attempt);
  EXPECT_EQ(load().checkpoint, bare);
}

TEST_F(Checkpoints, TakeTurnsInTwoSlots) {
  for (int next = 1; next <= 5; ++next) {
    store.save(sample_checkpoint(next), attempt);
    EXPECT_EQ(step(), next);
  }
  EXPECT_EQ(files.list("/run/checkpoints/" + jobs::to_hex(id).substr(0, 2)).size(), 2U);
  files.remove(slot(0));
  EXPECT_EQ(step(), 4) << "the one before the last is still there";
}

TEST_F(Checkpoints, OfAFullDiskLeaveTheOldOnes) {
  store.save(sample_checkpoint(1), attempt);
  store.save(sample_checkpoint(2), attempt);
  for (int at = 0; at < 12; ++at) {
    tests::FaultFileOps full(files, at, tests::Fault::full_disk);
    try {
      CheckpointStore(full, "/run").save(sample_checkpoint(3), attempt);
      EXPECT_GT(at, 4);
      break;
    } catch (const jobs::StorageError& error) {
      EXPECT_EQ(error.error_number(), ENOSPC);
    }
    EXPECT_EQ(step(), 2);
    EXPECT_EQ(files.list("/run/checkpoints/" + jobs::to_hex(id).substr(0, 2)).size(), 2U);
  }
}

TEST_F(Checkpoints, ThatAreDamagedGiveWayToThePreviousOne) {
  store.save(sample_checkpoint(1), attempt);
  store.save(sample_checkpoint(2), attempt);
  auto bytes = files.read(slot(1));
  bytes[bytes.size() / 2] ^= std::byte{1};
  files.damage(slot(1), bytes);
  const auto found = load();
  EXPECT_EQ(found.checkpoint, sample_checkpoint(1));
  ASSERT_EQ(found.rejected.size(), 1U);
  EXPECT_THAT(found.rejected[0], HasSubstr(slot(1)));
  store.save(sample_checkpoint(2), attempt);
  EXPECT_EQ(step(), 2);
  files.remove(slot(1));
  EXPECT_EQ(step(), 1) << "the damaged slot was overwritten, not the good one";
}

TEST_F(Checkpoints, BugADiskThatWasAwayLookedLikeADamagedCheckpoint) {
  class Away : public tests::FaultFileOps {
   public:
    explicit Away(FileOps& disk) : FaultFileOps(disk, -1, tests::Fault::none) {}
    std::vector<std::byte> read(const std::string&) override {
      throw jobs::StorageError("stale file handle", ESTALE);
    }
  };
  store.save(sample_checkpoint(3), attempt);
  Away away(files);
  CheckpointStore through(away, "/run");
  EXPECT_THROW(through.load(id, jobs::Dtype::fp32, "cpu"), jobs::StorageError);
  EXPECT_THROW(through.save(sample_checkpoint(1), attempt), jobs::StorageError);
  EXPECT_EQ(step(), 3);
}

TEST_F(Checkpoints, OfAnotherDtypeOrDeviceAreNotResumed) {
  store.save(sample_checkpoint(5), attempt);
  EXPECT_FALSE(store.load(id, jobs::Dtype::fp16, "cpu").checkpoint);
  const auto found = store.load(id, jobs::Dtype::fp32, "cuda");
  EXPECT_FALSE(found.checkpoint);
  ASSERT_EQ(found.rejected.size(), 1U);
  EXPECT_THAT(found.rejected[0], HasSubstr("fp32 on cpu"));
}

TEST_F(Checkpoints, OfAnotherDeviceAreOverwrittenFirst) {
  auto foreign = sample_checkpoint(9);
  foreign.device_kind = "cuda";
  store.save(foreign, attempt);
  store.save(sample_checkpoint(1), attempt);
  store.save(sample_checkpoint(2), attempt);
  EXPECT_EQ(load().checkpoint, sample_checkpoint(2));
  EXPECT_TRUE(load().rejected.empty());
}

TEST_F(Checkpoints, OfAZombieNeverHideTheFurthestOne) {
  store.save(sample_checkpoint(18), {2, 1});
  store.save(sample_checkpoint(20), {2, 1});
  store.save(sample_checkpoint(5), {1, 1});
  EXPECT_EQ(step(), 20);
}

TEST_F(Checkpoints, UnderAnothersNameAreRejected) {
  const auto other = sample_checkpoint(3, 2);
  store.save(other, attempt);
  const std::string hex = jobs::to_hex(other.shot);
  files.make_folders("/run/checkpoints/" + jobs::to_hex(id).substr(0, 2));
  files.rename("/run/checkpoints/" + hex.substr(0, 2) + "/" + hex + ".0.h5", slot(0));
  EXPECT_FALSE(load().checkpoint);
  EXPECT_EQ(load().rejected.size(), 1U);
}

TEST_F(Checkpoints, ThatContradictThemselvesAreRefused) {
  const auto refused = [&](auto&& spoil) {
    auto spoiled = sample_checkpoint(2);
    spoil(spoiled);
    EXPECT_THROW(store.save(spoiled, attempt), jobs::Error);
  };
  refused([](auto& c) { c.next_step = -1; });
  refused([](auto& c) { c.latents.values.pop_back(); });
  refused([](auto& c) { c.latents = {}; });
  refused([](auto& c) { c.kept[1].values.pop_back(); });
  EXPECT_TRUE(store.ids().empty());
}

TEST_F(Checkpoints, AreListedOnceAndRemovedTogether) {
  store.save(sample_checkpoint(1), attempt);
  store.save(sample_checkpoint(2), attempt);
  EXPECT_EQ(store.ids(), std::vector{id});
  files.create(slot(0) + ".e1-a1.tmp");
  store.remove(id);
  EXPECT_TRUE(store.ids().empty());
}

}  // namespace
}  // namespace pia::storage
