// SPDX-License-Identifier: Apache-2.0
#include "storage/shot_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "storage/checkpoint_file.hpp"
#include "storage/result_file.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/kept_samples.hpp"
#include "tests/support/memory_file_ops.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::storage {
namespace {

using tests::sample_result;
using Committed = ShotStore::Committed;

void no_fence() {}

class Shots : public testing::Test {
 protected:
  tests::MemoryFileOps files;
  ShotStore store{files, "/run"};
  jobs::ShotResult result = sample_result();
};

TEST_F(Shots, AreEmptyBeforeTheFirstCommit) {
  EXPECT_FALSE(store.size(result.id));
  EXPECT_FALSE(store.load(result.id));
  EXPECT_TRUE(store.ids().empty());
}

TEST_F(Shots, ComeBackAsTheyWereCommitted) {
  EXPECT_EQ(store.commit(result, {1, 1}, no_fence), Committed::now);
  const auto loaded = store.load(result.id);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(tests::same(*loaded, result));
  EXPECT_EQ(store.size(result.id), files.read(store.path(result.id)).size());
  EXPECT_EQ(store.path(result.id),
            "/run/shots/" + jobs::to_hex(result.id).substr(0, 2) + "/" + jobs::to_hex(result.id) + ".h5");
}

TEST_F(Shots, ComeBackWithoutTheirOptionalParts) {
  result.latents.reset();
  result.step_latents.clear();
  result.timesteps.clear();
  result.name.clear();
  store.commit(result, {1, 1}, no_fence);
  EXPECT_TRUE(tests::same(store.load(result.id).value(), result));
}

TEST_F(Shots, KeepEveryBitOfOddNumbersAndNames) {
  result.latents->values[0] = std::numeric_limits<float>::denorm_min();
  result.latents->values[1] = -0.0F;
  result.latents->values[2] = std::numeric_limits<float>::infinity();
  result.name = std::string(100'000, 'n') + "\n\"\xf0\x9f\x90\x95";
  store.commit(result, {1, 1}, no_fence);
  const auto loaded = store.load(result.id).value();
  EXPECT_EQ(loaded.name, result.name);
  EXPECT_EQ(std::memcmp(loaded.latents->values.data(), result.latents->values.data(), 12), 0);
}

TEST_F(Shots, AreCommittedOnce) {
  store.commit(result, {1, 1}, no_fence);
  jobs::ShotResult other = result;
  other.name = "the other try";
  EXPECT_EQ(store.commit(other, {1, 2}, no_fence), Committed::already_there);
  EXPECT_EQ(store.load(result.id)->name, result.name);
}

TEST_F(Shots, OfTwoTriesAtOnceKeepTheFirst) {
  // The second try publishes while the first is between its check and its link.
  ShotStore second(files, "/run");
  const auto overtaken = [&] { EXPECT_EQ(second.commit(result, {1, 2}, no_fence), Committed::now); };
  EXPECT_EQ(store.commit(result, {1, 1}, overtaken), Committed::already_there);
  EXPECT_EQ(files.list("/run/shots/" + jobs::to_hex(result.id).substr(0, 2)).size(), 1U)
      << "the loser tidies";
}

TEST_F(Shots, OfAFencedProcessAreNotCommitted) {
  const auto fenced = [] { throw FencedOff(); };
  EXPECT_THROW(store.commit(result, {1, 1}, fenced), FencedOff);
  EXPECT_TRUE(store.ids().empty());
  EXPECT_TRUE(files.list("/run/shots/" + jobs::to_hex(result.id).substr(0, 2)).empty());
}

TEST_F(Shots, BugAFencedProcessWasToldThatTheyAreThere) {
  store.commit(result, {2, 1}, no_fence);
  const auto fenced = [] { throw FencedOff(); };
  EXPECT_THROW(store.commit(result, {1, 1}, fenced), FencedOff);
}

TEST_F(Shots, AreCommittedAtTheSecondTryAfterAFullDisk) {
  tests::FaultFileOps full(files, 0, tests::Fault::full_disk);
  ShotStore starved(full, "/run");
  try {
    starved.commit(result, {1, 1}, no_fence);
    FAIL() << "the disk was full";
  } catch (const jobs::StorageError& error) {
    EXPECT_EQ(error.error_number(), ENOSPC);
  }
  EXPECT_EQ(store.commit(result, {1, 1}, no_fence), Committed::now);
  EXPECT_TRUE(store.load(result.id));
}

TEST_F(Shots, WhoseFolderCouldNotBeSyncedAreDurableAfterTheSecondTry) {
  tests::FaultFileOps counted(files, -1, tests::Fault::none);
  files.make_folders("/elsewhere");
  ShotStore(counted, "/elsewhere").commit(result, {1, 1}, no_fence);
  tests::FaultFileOps faulty(files, counted.calls() - 1, tests::Fault::io_error);
  ShotStore unlucky(faulty, "/run");
  EXPECT_THROW(unlucky.commit(result, {1, 1}, no_fence), jobs::StorageError);
  EXPECT_EQ(unlucky.commit(result, {1, 1}, no_fence), Committed::already_there);
  std::mt19937_64 chance(1);
  files.power_cut(tests::MemoryFileOps::Cut::nothing, chance);
  EXPECT_TRUE(store.load(result.id));
}

TEST_F(Shots, WithAForeignRecipeAreRefused) {
  result.recipe += " ";
  EXPECT_THROW(store.commit(result, {1, 1}, no_fence), jobs::Error);
  EXPECT_TRUE(store.ids().empty());
}

TEST_F(Shots, ThatContradictThemselvesAreRefused) {
  const auto refused = [&](auto&& spoil) {
    jobs::ShotResult spoiled = sample_result();
    spoil(spoiled);
    EXPECT_THROW(store.commit(spoiled, {1, 1}, no_fence), jobs::Error);
  };
  refused([](auto& r) { r.clip.rgb.pop_back(); });
  refused([](auto& r) { r.clip = {}; });
  refused([](auto& r) { r.clip.frames = -2; });
  refused([](auto& r) { r.latents->values.push_back(0); });
  refused([](auto& r) { r.latents->frames = 0; });
  refused([](auto& r) { r.step_latents[1].values.clear(); });
  refused([](auto& r) { std::swap(r.step_latents[1].height, r.step_latents[1].width); });
  refused([](auto& r) { r.timesteps.pop_back(); });
  refused([](auto& r) { r.step_latents.clear(); });
  EXPECT_TRUE(store.ids().empty());
}

TEST_F(Shots, UnderAnothersNameAreRefused) {
  store.commit(result, {1, 1}, no_fence);
  const jobs::ShotResult other = sample_result(2);
  files.make_folders("/run/shots/" + jobs::to_hex(other.id).substr(0, 2));
  files.rename(store.path(result.id), store.path(other.id));
  EXPECT_THROW(store.load(other.id), jobs::StorageError);
}

TEST_F(Shots, AreNoCheckpoints) {
  const auto bytes = encode_checkpoint(tests::sample_checkpoint(1));
  EXPECT_THROW(decode_result(bytes, result.id, "/x"), jobs::StorageError);
  EXPECT_THROW(decode_checkpoint(encode_result(result), result.id, "/x"), jobs::StorageError);
}

TEST_F(Shots, AreListedSortedAndNothingElseIs) {
  std::vector<jobs::ShotId> ids;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto one = sample_result(seed);
    store.commit(one, {1, 1}, no_fence);
    ids.push_back(one.id);
  }
  std::sort(ids.begin(), ids.end());
  const std::string hex = jobs::to_hex(ids[0]);
  files.create("/run/shots/" + hex.substr(0, 2) + "/" + hex + ".h5.e1-a1.tmp");
  files.create("/run/shots/" + hex.substr(0, 2) + "/readme.h5");
  files.make_folders("/run/shots/zz");
  files.create("/run/shots/zz/" + hex + ".h5");
  EXPECT_EQ(store.ids(), ids);
}

TEST_F(Shots, SetAsideAreRenderedAgain) {
  store.commit(result, {1, 1}, no_fence);
  store.set_aside(result.id);
  EXPECT_FALSE(store.size(result.id));
  EXPECT_TRUE(store.ids().empty());
  EXPECT_EQ(store.commit(result, {2, 1}, no_fence), Committed::now);
}

TEST(ShotsOnDisk, BugOneThatIsAFolderStoppedTheWholeJob) {
  const tests::TempFolder folder;
  const auto files = make_posix_file_ops();
  ShotStore store(*files, folder / "run");
  const jobs::ShotResult result = sample_result();
  files->make_folders(store.path(result.id));
  EXPECT_FALSE(store.load_sound(result.id).damage.empty());
  EXPECT_EQ(store.commit(result, {1, 1}, no_fence), Committed::now);
  EXPECT_TRUE(store.load_sound(result.id).result);
}

/// A disk none of whose files can be read.
class UnreadableFileOps : public tests::FaultFileOps {
 public:
  explicit UnreadableFileOps(FileOps& files) : FaultFileOps(files, -1, tests::Fault::none) {}
  std::vector<std::byte> read(const std::string& path) override {
    throw jobs::StorageError("can't read " + path, EIO);
  }
};

TEST_F(Shots, BugABadSectorUnderOneStoppedTheWholeJob) {
  ASSERT_EQ(store.commit(result, {1, 1}, no_fence), Committed::now);
  tests::FaultFileOps once(files, 0, tests::Fault::io_error);
  EXPECT_TRUE(ShotStore(once, "/run").load_sound(result.id).result) << "it may have been a passing fault";
  UnreadableFileOps never(files);
  EXPECT_FALSE(ShotStore(never, "/run").load_sound(result.id).damage.empty());
  EXPECT_FALSE(store.load(result.id));
}

TEST(ShotsOnDisk, ComeBackAsTheyWereCommitted) {
  const tests::TempFolder folder;
  const auto files = make_posix_file_ops();
  files->make_folders(folder / "run");
  ShotStore store(*files, folder / "run");
  const auto result = sample_result();
  EXPECT_EQ(store.commit(result, {1, 1}, no_fence), Committed::now);
  EXPECT_EQ(store.commit(result, {1, 1}, no_fence), Committed::already_there);
  EXPECT_TRUE(tests::same(store.load(result.id).value(), result));
}

TEST(ResultFile, HasTheSameBytesForTheSameResult) {
  EXPECT_EQ(encode_result(sample_result()), encode_result(sample_result())) << "no clock, no chance inside";
}

TEST(AttemptId, IsWrittenWithEpochAndNumber) {
  EXPECT_EQ((AttemptId{12, 3}).to_string(), "e12-a3");
}

}  // namespace
}  // namespace pia::storage
