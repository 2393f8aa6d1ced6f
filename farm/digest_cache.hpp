// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "jobs/core/digest.hpp"

namespace pia::farm {

/// Whether digests that an earlier process found are believed.
enum class Rehash { no, yes };

/// SHA-256 of files, remembered from one process to the next by (path, size, mtime in ns, inode).
///
/// The cache file is text, one line a digest, only ever appended to:
///   <check> <64 hex> <size> <mtime ns> <inode> <path>
/// where <check> is the first 8 hex digits of the SHA-256 of the rest of the line, and the path has "%0A" and
/// "%25" for line ends and percent signs. Lines that don't check are skipped, so a line torn by a crash or by
/// two processes at once costs one hashing; the last good line of a path counts. A cache that can't be read
/// or written is done without. A file changed within the last two seconds is hashed but not remembered: a
/// second change might not show in its mtime. One thread.
class DigestCache {
 public:
  struct Options {
    std::string file;  ///< of the cache; empty: remember within this object only
    Rehash rehash = Rehash::no;
    std::function<std::int64_t()> wall_clock_ns;  ///< nanoseconds since 1970, as mtimes are
  };
  explicit DigestCache(Options options);

  /// The digest of a file's bytes. Throws jobs::InputError: not there, not a regular file, unreadable, or
  /// changing while it is read; jobs::StorageError if the disk failed.
  jobs::Digest digest(const std::string& path);

  /// Files that were really read, for tests and for messages.
  int files_hashed() const { return files_hashed_; }

 private:
  struct Stamp {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Entry {
    Stamp stamp;
    jobs::Digest digest;
  };

  static Stamp stamp_of(const std::string& path);
  void load();
  void take_line(const std::string& line);
  void remember(const std::string& path, const Entry& entry);

  Options options_;
  std::map<std::string, Entry> known_;
  int files_hashed_ = 0;
};

}  // namespace pia::farm
