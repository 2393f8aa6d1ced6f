// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/core/checkpoint.hpp"
#include "storage/file_ops.hpp"
#include "storage/shot_store.hpp"

namespace pia::storage {

/// The unfinished shots of a run directory: two slots a shot, checkpoints/<2 hex>/<id>.<slot>.h5 (FORMAT.md),
/// written in turn, so that one good checkpoint always stays while the other is replaced.
class CheckpointStore {
 public:
  CheckpointStore(FileOps& files, std::string run_directory);

  /// Writes into the slot that does not hold the furthest good checkpoint of this dtype and device kind. On a
  /// full disk the old ones stay, and the StorageError says so (error_number ENOSPC or EDQUOT): a shot goes
  /// on without this checkpoint.
  void save(const jobs::Checkpoint& checkpoint, const AttemptId& attempt);

  struct Found {
    std::optional<jobs::Checkpoint> checkpoint;  ///< the furthest good one of this dtype and device kind
    std::vector<std::string> rejected;           ///< a sentence a slot that can't be used: what, where, why
  };
  Found load(const jobs::ShotId& id, jobs::Dtype dtype, const std::string& device_kind) const;

  /// Removes a shot's checkpoints; no error if there are none.
  void remove(const jobs::ShotId& id);

  /// Ids that have at least one slot file, sorted.
  std::vector<jobs::ShotId> ids() const;

 private:
  std::string slot_path(const jobs::ShotId& id, int slot) const;

  FileOps& files_;
  std::string root_;
  std::string folder_;
};

}  // namespace pia::storage
