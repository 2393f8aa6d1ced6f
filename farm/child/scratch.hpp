// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace pia::farm {

/// Which models are copied to the node's own disk before they are loaded.
enum class Stage {
  what_is_shared,  ///< of shots with one on a network file system, and only where the node's own is a disk
  all              ///< somebody asked for it
};

/// Where copies of models go.
struct Scratch {
  std::string folder;  ///< absolute, of this node
  Stage stage = Stage::what_is_shared;
  bool operator==(const Scratch&) const = default;
};

/// Where in a scratch folder, which others use too, this user's copies are.
std::string copies_folder(const std::string& scratch);

enum class DiskKind { of_this_node, memory, shared };

/// By the type of the file system that `path` lies on; one that is not known counts as shared, and what is
/// not there too.
DiskKind kind_of_disk(const std::string& path);

struct DiskSpace {
  std::uint64_t capacity = 0;   ///< bytes, of all
  std::uint64_t available = 0;  ///< bytes, to this user
};

/// Of the file system that `path` lies on. Throws jobs::StorageError.
DiskSpace disk_space(const std::string& path);

}  // namespace pia::farm
