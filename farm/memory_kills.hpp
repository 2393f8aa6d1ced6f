// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pia::farm {

/// The file in which the kernel counts whom of this process's memory cgroup it killed because memory ran out:
/// memory.events (cgroup v2, its descendants included), or memory.oom_control (v1). Empty if there is none,
/// as in the root of v2. `proc` and `cgroups` are where those file systems are mounted.
std::string memory_kill_file(const std::string& proc = "/proc",
                             const std::string& cgroups = "/sys/fs/cgroup");

/// How many kills such a file counts; nothing if it is not there or does not say.
std::optional<std::uint64_t> memory_kills(const std::string& file);

}  // namespace pia::farm
