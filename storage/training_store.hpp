// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/core/training_checkpoint.hpp"
#include "storage/file_ops.hpp"

namespace pia::storage {

/// The checkpoints of a training's run directory: two slots, checkpoints/training.<slot>.h5 (FORMAT.md
/// section 3b), written in turn, so that one good checkpoint always stays while the other is replaced. One
/// writer at a time.
class TrainingStore {
 public:
  TrainingStore(FileOps& files, std::string run_directory);

  struct Found {
    std::optional<jobs::TrainingCheckpoint>
        checkpoint;                     ///< the furthest good one of this training and device
    std::vector<std::string> rejected;  ///< a sentence a slot that can't be used: what, where, why
    /// A sentence, if a good one is of another training or device kind: whoever goes on would write over it.
    std::string foreign;
  };
  Found load(const jobs::Digest& identity, const std::string& device_kind) const;

  /// Writes into the slot that does not hold the furthest good checkpoint of the same training and device
  /// kind; `epoch` is the lease's. On a full disk the old ones stay, and the StorageError says so.
  void save(const jobs::TrainingCheckpoint& checkpoint, std::uint64_t epoch);

 private:
  std::string slot_path(int slot) const;
  int worst_slot(const jobs::TrainingCheckpoint& checkpoint) const;

  FileOps& files_;
  std::string root_;
  std::string folder_;
  std::optional<int> next_slot_;  ///< once this object has saved
};

}  // namespace pia::storage
