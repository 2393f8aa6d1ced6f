// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/storage/small_farm.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"
#include "tests/support/scale.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::tests {
namespace {

constexpr Fault kFaults[] = {Fault::die_before, Fault::die_within, Fault::die_after,   Fault::io_error,
                             Fault::no_space,   Fault::quota,      Fault::short_write, Fault::full_disk};

int calls_of_an_undisturbed_run() {
  MemoryFileOps memory;
  FaultFileOps counted(memory, -1, Fault::none);
  Promises promises;
  EXPECT_EQ(SmallFarm{}.run(counted, "only", promises), Ending::finished);
  SmallFarm{}.expect_finished(memory, promises);
  return counted.calls();
}

void run_with_fault(storage::FileOps& files, const SmallFarm& farm, int at, Fault fault) {
  Promises promises;
  FaultFileOps faulty(files, at, fault);
  const Ending ending = farm.run(faulty, "first", promises);
  EXPECT_FALSE(faulty.dead() && ending == Ending::failed) << "nobody recovers from its own death";
  farm.expect_sound(files, promises);
  EXPECT_EQ(farm.run(files, "second", promises), Ending::finished);
  farm.expect_finished(files, promises);
}

TEST(Fault, AtAnyCallLosesNothingAndARerunFinishes) {
  const int calls = calls_of_an_undisturbed_run();
  int runs = 0;
  for (const Fault fault : kFaults) {
    // Where it is not each call with each fault, it is still each call with some of them.
    for (int at = static_cast<int>(fault) % kPart; at < calls; at += kPart, ++runs) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at call " + std::to_string(at));
      MemoryFileOps memory;
      run_with_fault(memory, SmallFarm{}, at, fault);
      if (HasFailure()) return;
    }
  }
  std::printf("%d calls, %d runs with a fault\n", calls, runs);
}

TEST(Fault, OfADeathInTheRerunTooLosesNothing) {
  const int calls = calls_of_an_undisturbed_run();
  for (int first = 0; first < calls; first += 7 * kPart) {
    for (int second = 0; second < calls; second += 5) {
      SCOPED_TRACE("deaths at calls " + std::to_string(first) + " and " + std::to_string(second));
      MemoryFileOps memory;
      Promises promises;
      FaultFileOps dying(memory, first, Fault::die_within);
      SmallFarm{}.run(dying, "first", promises);
      FaultFileOps dying_again(memory, second, Fault::die_after);
      SmallFarm{}.run(dying_again, "second", promises);
      SmallFarm{}.expect_sound(memory, promises);
      EXPECT_EQ(SmallFarm{}.run(memory, "third", promises), Ending::finished);
      SmallFarm{}.expect_finished(memory, promises);
      if (HasFailure()) return;
    }
  }
}

TEST(Fault, OnTheRealFileSystemLosesNothingEither) {
  const int calls = calls_of_an_undisturbed_run();
  const auto posix = storage::make_posix_file_ops();
  for (const Fault fault : {Fault::die_within, Fault::short_write}) {
    for (int at = 0; at < calls; at += 5 * kPart) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at call " + std::to_string(at));
      const TempFolder folder;
      run_with_fault(*posix, SmallFarm{.run_directory = folder.path()}, at, fault);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace pia::tests
