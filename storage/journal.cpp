// SPDX-License-Identifier: Apache-2.0
#include "storage/journal.hpp"

#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/journal_file.hpp"
#include "storage/journal_record.hpp"

namespace pia::storage {

Journal::Journal(FileOps& files, const std::string& run_directory, std::uint64_t epoch,
                 std::uint64_t next_sequence)
    : files_(files),
      root_(run_directory),
      folder_(root_ + "/journal"),
      epoch_(epoch),
      next_sequence_(next_sequence) {}

std::uint64_t Journal::append(RecordType type, const std::string& payload) {
  encode_record({type, epoch_, next_sequence_, payload}, pending_);
  return next_sequence_++;
}

void Journal::open_next_part() {
  files_.make_folders_within(root_, folder_);
  for (;;) {
    try {
      file_ = files_.create(folder_ + "/" + journal_file_name({epoch_, part_}));
      return;
    } catch (const jobs::StorageError& error) {
      if (error.error_number() != EEXIST) throw;
    }
    ++part_;
  }
}

/// Nothing in it was promised; a disk that stays full would get one with each try.
void Journal::remove_new_part() {
  try {
    files_.remove(folder_ + "/" + journal_file_name({epoch_, part_}));
  } catch (const jobs::StorageError&) {
    ++part_;
  }
}

void Journal::commit() {
  if (pending_.empty()) return;
  const bool begins = file_ == nullptr;
  if (begins) open_next_part();
  try {
    file_->write(std::as_bytes(std::span(pending_)));
    file_->sync();
    if (begins) files_.sync_folder(folder_);
  } catch (...) {
    // After a failed write or sync nobody knows what the file holds: never append to it again.
    file_.reset();
    if (begins) remove_new_part();
    throw;
  }
  pending_.clear();
}

}  // namespace pia::storage
