// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/storage/small_farm.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"
#include "tests/support/scale.hpp"

namespace pia::tests {
namespace {

void cut_power_at_every_call(MemoryFileOps::Cut cut, std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  // One seed begins where the one before it left a gap.
  for (int at = static_cast<int>(seed) % kPart;; at += kPart) {
    SCOPED_TRACE("power cut within call " + std::to_string(at) + ", seed " + std::to_string(seed));
    MemoryFileOps memory;
    Promises promises;
    FaultFileOps dying(memory, at, Fault::die_within);
    const Ending ending = SmallFarm{}.run(dying, "first", promises);
    memory.power_cut(cut, chance);
    SmallFarm{}.expect_sound(memory, promises);
    EXPECT_EQ(SmallFarm{}.run(memory, "second", promises), Ending::finished);
    SmallFarm{}.expect_finished(memory, promises);
    memory.power_cut(MemoryFileOps::Cut::nothing, chance);
    SmallFarm{}.expect_sound(memory, promises);
    if (testing::Test::HasFailure() || ending == Ending::finished) return;
  }
}

TEST(PowerCut, ThatDropsAllThatWasNotSyncedBreaksNoPromise) {
  cut_power_at_every_call(MemoryFileOps::Cut::nothing, 1);
}

TEST(PowerCut, ThatKeepsNamesWithoutTheirBytesBreaksNoPromise) {
  cut_power_at_every_call(MemoryFileOps::Cut::names_only, 2);
}

TEST(PowerCut, ThatLeavesZerosBreaksNoPromise) {
  cut_power_at_every_call(MemoryFileOps::Cut::names_zeros, 3);
}

TEST(PowerCut, ThatKeepsAnyPartBreaksNoPromise) {
  for (std::uint64_t seed = 1; seed <= 8 / kPart; ++seed) {
    cut_power_at_every_call(MemoryFileOps::Cut::chance, seed);
    if (HasFailure()) return;
  }
}

TEST(PowerCut, IsModelledStrictly) {
  std::mt19937_64 chance(1);
  const std::string text = "bytes";
  MemoryFileOps memory;
  memory.make_folders("/run");
  const auto write = [&](const std::string& path) {
    auto file = memory.create(path);
    file->write(std::as_bytes(std::span(text)));
    return file;
  };
  write("/run/synced")->sync();
  memory.sync_folder("/run");
  write("/run/no-bytes");
  memory.sync_folder("/run");
  write("/run/no-name")->sync();
  memory.power_cut(MemoryFileOps::Cut::nothing, chance);
  EXPECT_EQ(memory.read("/run/synced").size(), text.size());
  EXPECT_EQ(memory.read("/run/no-bytes").size(), 0U);
  EXPECT_FALSE(memory.exists("/run/no-name"));
}

}  // namespace
}  // namespace pia::tests
