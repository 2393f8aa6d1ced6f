// SPDX-License-Identifier: Apache-2.0
#include "farm/memory_kills.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

/// A machine as its kernel shows it: what /proc and /sys/fs/cgroup hold.
class Machine {
 public:
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ / path).parent_path());
    tests::write_file(folder_ / path, text);
  }
  void belong_to(const std::string& memberships) const { write("proc/self/cgroup", memberships); }

  /// The file that counts, by its path below the cgroups.
  std::string counting() const {
    const std::string cgroups = folder_ / "cgroup";
    const std::string file = memory_kill_file(folder_ / "proc", cgroups);
    return file.empty() ? "" : file.substr(cgroups.size() + 1);
  }
  std::optional<std::uint64_t> kills() const {
    return memory_kills(memory_kill_file(folder_ / "proc", folder_ / "cgroup"));
  }

 private:
  tests::TempFolder folder_;
};

TEST(MemoryKills, AreCountedInTheEventsOfACgroupOfVersion2) {
  const Machine machine;
  machine.belong_to("0::/slurm/job_7/step_0\n");
  machine.write("cgroup/memory.events", "oom_kill 90\n");
  machine.write("cgroup/slurm/job_7/step_0/memory.events",
                "low 0\nhigh 0\nmax 5\noom 4\noom_kill 3\noom_group_kill 1\n");
  EXPECT_EQ(machine.counting(), "slurm/job_7/step_0/memory.events");
  EXPECT_EQ(machine.kills(), 3U);
}

TEST(MemoryKills, AreCountedInTheOomControlOfACgroupOfVersion1) {
  const Machine machine;
  machine.belong_to("5:cpu,cpuacct:/other\n4:hugetlb,memory:/job_7\n0::/\n");
  machine.write("cgroup/memory/job_7/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  EXPECT_EQ(machine.counting(), "memory/job_7/memory.oom_control");
  EXPECT_EQ(machine.kills(), 2U);
}

TEST(MemoryKills, AContainerThatSeesItsOwnCgroupAsTheRootCountsThere) {
  const Machine machine;
  machine.belong_to("0::/docker/abc\n");
  machine.write("cgroup/memory.events", "oom_kill 1\n");
  EXPECT_EQ(machine.counting(), "memory.events");
}

TEST(MemoryKills, NobodyCountsInTheRootOrWhereTheKernelShowsNothing) {
  const Machine machine;
  EXPECT_EQ(machine.counting(), "");
  machine.belong_to("0::/\nnonsense\n");
  EXPECT_EQ(machine.counting(), "");
  EXPECT_EQ(machine.kills(), std::nullopt);
}

TEST(MemoryKills, AnOlderKernelThatDoesNotSayIsNotTakenForNone) {
  const Machine machine;
  machine.belong_to("4:memory:/job_7\n");
  machine.write("cgroup/memory/job_7/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
  EXPECT_EQ(machine.kills(), std::nullopt);
  machine.write("cgroup/memory/job_7/memory.oom_control", "oom_kill many\n");
  EXPECT_EQ(machine.kills(), std::nullopt);
}

}  // namespace
}  // namespace pia::farm
