// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// Something in a run directory that belongs to no shot of the plan.
struct Unplanned {
  std::string_view kind;           ///< "results", "checkpoints", "videos", "scores", "logs"
  std::string path;                ///< under the run directory; a folder stands for all that is in it
  std::vector<std::string> files;  ///< absolute: what is to be removed
  std::uint64_t bytes = 0;
};

/// What is there besides the plan, by kind, sorted by path. Results that were put aside as damaged are among
/// it. Files that pia-farm does not make are left alone: other names, videos of other kinds.
std::vector<Unplanned> find_unplanned(storage::FileOps& files, const jobs::Plan& plan);

/// Removes it, and the folders that it leaves empty. To be called by who holds the lease. Throws
/// jobs::StorageError.
void remove_unplanned(storage::FileOps& files, const std::string& run_directory, const Unplanned& unplanned);

}  // namespace pia::farm
