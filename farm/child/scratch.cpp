// SPDX-License-Identifier: Apache-2.0
#include "farm/child/scratch.hpp"

#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// statfs(2); <linux/magic.h> lacks some of them.
constexpr std::array<std::uint32_t, 8> kOfThisNode = {
    0xEF53,      // ext2, ext3, ext4
    0x58465342,  // xfs
    0x9123683E,  // btrfs
    0x794C7630,  // overlay
    0x2FC12FC1,  // zfs
    0xF2F52010,  // f2fs
    0x3153464A,  // jfs
    0x73717368,  // squashfs
};
constexpr std::array<std::uint32_t, 2> kMemory = {0x01021994, 0x858458F6};  // tmpfs, ramfs

template <std::size_t N>
bool is_among(const std::array<std::uint32_t, N>& types, std::uint32_t type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

std::string copies_folder(const std::string& scratch) {
  return scratch + "/pia-farm-weights-" + std::to_string(geteuid());
}

DiskKind kind_of_disk(const std::string& path) {
  struct statfs found {};
  if (statfs(path.c_str(), &found) != 0) return DiskKind::shared;
  const auto type = static_cast<std::uint32_t>(found.f_type);
  if (is_among(kMemory, type)) return DiskKind::memory;
  return is_among(kOfThisNode, type) ? DiskKind::of_this_node : DiskKind::shared;
}

DiskSpace disk_space(const std::string& path) {
  struct statvfs found {};
  if (statvfs(path.c_str(), &found) != 0) {
    throw jobs::StorageError(
        "could not ask how full " + path + " is: " + std::generic_category().message(errno), errno);
  }
  return {.capacity = found.f_blocks * found.f_frsize, .available = found.f_bavail * found.f_frsize};
}

}  // namespace pia::farm
