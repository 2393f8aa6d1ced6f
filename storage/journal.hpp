// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/file_ops.hpp"

namespace pia::storage {

/// What happened in a run, in order. Values on disk never change.
enum class RecordType : std::uint16_t {
  run_started = 1,  ///< a user's command: fresh attempts for failed shots
  shot_assigned = 2,
  shot_committed = 3,
  attempt_failed = 4,
  shot_failed = 5,
  shot_stopped = 6,
  drain_requested = 7,
  run_finished = 8,
  worker_known = 9,       ///< where a worker is
  worker_lost = 10,       ///< it gets nothing more, under this epoch
  worker_rested = 11,     ///< its GPU fails too often: it gets nothing for a while
  training_started = 12,  ///< a generation of a training's processes
  training_checkpointed = 13,
  training_ended = 14  ///< a command's end, whatever it was
};

struct Record {
  RecordType type = RecordType::run_started;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;  ///< counts on over all epochs
  std::string payload;         ///< JSON, by farm (PROTOCOL.md); at most 1 MiB
  bool operator==(const Record&) const = default;
};

/// What could not be read.
struct Complaint {
  std::string sentence;  ///< file, offset, bytes skipped
  /// Number of the last good record before what is skipped, 0: none; nothing where all of the journal is.
  std::optional<std::uint64_t> after = {};
};
std::vector<std::string> sentences(const std::vector<Complaint>& complaints);

struct Replay {
  std::vector<Record> records;  ///< good ones, in order of (epoch, sequence), duplicates once
  /// One a bad place. A torn end whose records follow in a later file is none: nothing is missing.
  std::vector<Complaint> complaints;
};

/// Reads journal/* of a run directory. Skips bad records by looking for the next valid header; never refuses:
/// a file that can't be read is a complaint too. Record types of later versions are passed on as they are.
Replay replay(FileOps& files, const std::string& run_directory);

/// Appends events to journal/<epoch>.log. One writer, one thread. Group commit: append buffers, commit makes
/// durable.
class Journal {
 public:
  /// `next_sequence`: one more than the last that was replayed. Nothing is touched before the first commit;
  /// each Journal begins a file of its own: journal/<epoch, ten digits>.log, then <epoch>.1.log, ….
  Journal(FileOps& files, const std::string& run_directory, std::uint64_t epoch, std::uint64_t next_sequence);

  /// Buffers a record. Returns its sequence number. Throws jobs::Error (internal) for a payload over 1 MiB.
  std::uint64_t append(RecordType type, const std::string& payload);

  /// Writes what is buffered and syncs it. After a failure (StorageError) the same records are written again
  /// by the next commit, in a new file of the same epoch if the old one may be torn.
  void commit();

  /// Whether something is buffered that no commit has made durable.
  bool dirty() const { return !pending_.empty(); }

 private:
  void open_next_part();
  void remove_new_part();

  FileOps& files_;
  std::string root_;
  std::string folder_;
  std::uint64_t epoch_;
  std::uint64_t next_sequence_;
  std::string pending_;
  int part_ = 0;
  std::unique_ptr<FileOps::File> file_;
};

}  // namespace pia::storage
