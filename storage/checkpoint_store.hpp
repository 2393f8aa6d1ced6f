// SPDX-License-Identifier: Apache-2.0
#pragma once

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

  /// Writes into the slot that does not hold the newest good checkpoint. On a full disk the old ones stay.
  void save(const jobs::Checkpoint& checkpoint, const AttemptId& attempt);

  struct Found {
    std::optional<jobs::Checkpoint> checkpoint;  ///< the furthest good one of this dtype and device kind
    std::vector<std::string> rejected;           ///< a sentence a damaged slot: what, where, why
  };
  Found load(const jobs::ShotId& id, jobs::Dtype dtype, const std::string& device_kind) const;

  /// Removes a shot's checkpoints; no error if there are none.
  void remove(const jobs::ShotId& id);

  /// Ids that have at least one slot file, sorted.
  std::vector<jobs::ShotId> ids() const;

  /// Removes temporary files of attempts older than `epoch`. Returns how many.
  int sweep(std::uint64_t epoch);

 private:
  FileOps& files_;
  std::string folder_;
};

}  // namespace pia::storage
