// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "storage/descriptor.hpp"

namespace pia::farm {

/// An advisory lock on a file or a folder of this node: held until the object dies, or its process does,
/// however that dies. Move-only; not inherited by programs that are started.
class PathLock {
 public:
  enum class Kind { shared, exclusive };

  /// Nothing if it is held in a way that forbids this, or if there is no such path. Throws
  /// jobs::StorageError.
  static std::optional<PathLock> try_take(const std::string& path, Kind kind);

 private:
  explicit PathLock(storage::Descriptor file) : file_(std::move(file)) {}
  storage::Descriptor file_;
};

}  // namespace pia::farm
