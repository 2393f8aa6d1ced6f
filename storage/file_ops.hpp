// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pia::storage {

/// The seam between what is kept and the file system: every call that changes what a run directory keeps (its
/// logs are written past it) goes through here, so that tests can stop or fail each one. Paths are absolute.
/// All functions throw jobs::StorageError (with errno, path and what to do) unless said otherwise. Callable
/// from several threads.
class FileOps {
 public:
  virtual ~FileOps() = default;

  struct Status {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
    bool is_folder = false;
  };

  /// A file open for writing; owned by one thread. The destructor closes it without a promise.
  class File {
   public:
    virtual ~File() = default;
    virtual void write(std::span<const std::byte> bytes) = 0;  ///< all of them, however many calls that takes
    virtual void sync() = 0;                                   ///< fdatasync
    virtual void close() = 0;                                  ///< reports what close reports
  };

  virtual std::unique_ptr<File> create(
      const std::string& path) = 0;  ///< exclusively: an existing file is an error
  virtual void rename(const std::string& from, const std::string& to) = 0;  ///< replaces `to`
  virtual bool link(const std::string& from, const std::string& to) = 0;    ///< false if `to` is another file
  virtual void remove(const std::string& path) = 0;                         ///< no error if it is not there
  virtual void make_folders(const std::string& path) = 0;                   ///< with parents, synced
  /// The same at or below `root`, which has to be there: a run directory that was moved away, or whose disk
  /// is, must not come to be a second time. ENOENT if it is not.
  virtual void make_folders_within(const std::string& root, const std::string& path) = 0;
  virtual void sync_folder(const std::string& path) = 0;

  virtual bool exists(const std::string& path) = 0;
  virtual Status status(const std::string& path) = 0;
  virtual std::vector<std::byte> read(const std::string& path) = 0;
  virtual std::vector<std::string> list(const std::string& folder) = 0;  ///< names, sorted; none if no folder
};

/// What to do about an errno of a disk, as the end of a sentence.
std::string mend_of(int error_number);

/// The real file system.
std::unique_ptr<FileOps> make_posix_file_ops();

/// Writes `bytes` so that `path` either holds all of them after a crash or is as before: a temporary name
/// beside it that carries `tag` ("e<epoch>", so that temporary.hpp can sweep it), sync, close, rename, sync
/// of the folder. A failure removes the temporary file.
void replace_file(FileOps& files, const std::string& path, std::span<const std::byte> bytes,
                  const std::string& tag);

/// The same but for the sync of the folder: for many files of one folder, which is then synced once.
void replace_file_unsynced(FileOps& files, const std::string& path, std::span<const std::byte> bytes,
                           const std::string& tag);

}  // namespace pia::storage
