// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/descriptor.hpp"

namespace pia::farm {

/// A file on a shared disk, read once from its beginning to its end. Throws jobs::InputError if it can't be
/// opened or read because of what it is, jobs::StorageError if the disk is at fault.
class SharedFile {
 public:
  explicit SharedFile(const std::string& path);

  /// The next bytes, valid until the next call; none at the end.
  std::span<const std::byte> next_piece();

 private:
  std::string path_;
  storage::Descriptor file_;
  std::vector<std::byte> piece_;
};

/// Bytes. Throws as SharedFile does.
std::uint64_t size_of_shared(const std::string& path);

}  // namespace pia::farm
