// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "jobs/core/result.hpp"
#include "storage/fenced_off.hpp"
#include "storage/file_ops.hpp"

namespace pia::storage {

/// Names one try at a shot; temporary files carry it, so that two tries never share one.
struct AttemptId {
  std::uint64_t epoch = 0;  ///< of the lease under which the shot was handed out
  int number = 1;
  std::string to_string() const;  ///< "e12-a3"
};

/// The committed results of a run directory: shots/<2 hex>/<id>.h5 (FORMAT.md). A result exists whole or not
/// at all.
class ShotStore {
 public:
  /// `run_directory` is absolute; nothing is touched before the first commit.
  ShotStore(FileOps& files, std::string run_directory);

  enum class Committed { now, already_there };

  /// Builds the HDF5 image in memory, writes it aside, syncs, publishes it with link, syncs the folder.
  /// `fence` is called just before publishing, and before saying that a result is there already; it throws
  /// FencedOff if this process no longer owns the run (check_epoch in lease.hpp). A result that is there
  /// stays, whatever is in it. Throws
  /// StorageError, after which the same call may be made again; jobs::Error (internal) if the result
  /// contradicts itself: the id is not the SHA-256 of the recipe, or a shape is not that of its values.
  Committed commit(const jobs::ShotResult& result, const AttemptId& attempt,
                   const std::function<void()>& fence);

  /// Size of the result's file; nothing if it is not there. Costs one stat.
  std::optional<std::uint64_t> size(const jobs::ShotId& id) const;

  /// The result, checked: trailer checksum, format, id = hash of the recipe, shapes. Nothing if it is not
  /// there; throws StorageError, naming the file, if any of its bytes are not those that were committed.
  std::optional<jobs::ShotResult> load(const jobs::ShotId& id) const;

  /// As load, but a damaged result is put aside, and `damage` says what was wrong with it; one that can't be
  /// read twice running (EIO), or is a folder, counts as damaged. Throws StorageError with an errno while the
  /// disk is away: a passing fault must not cost a good result.
  struct Sound {
    std::optional<jobs::ShotResult> result = {};
    std::string damage = {};
  };
  Sound load_sound(const jobs::ShotId& id);

  /// Ids of all result files, sorted. Unchecked.
  std::vector<jobs::ShotId> ids() const;

  /// Puts a damaged result out of the way, beside it under the name <id>.bad, so that it is rendered again.
  void set_aside(const jobs::ShotId& id);

  std::string path(const jobs::ShotId& id) const;

 private:
  std::optional<jobs::ShotResult> load_twice(const jobs::ShotId& id) const;

  FileOps& files_;
  std::string root_;
  std::string folder_;
};

}  // namespace pia::storage
