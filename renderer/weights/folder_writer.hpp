// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace pia::renderer {

// Folders of model files that are there whole or not at all. All throw jobs::StorageError.

[[noreturn]] void disk_failed(const std::string& what, const std::string& path, int error);

/// One open file or folder.
class WrittenFile {
 public:
  /// `flags` as open takes them.
  WrittenFile(std::string path, int flags);
  WrittenFile(const WrittenFile&) = delete;
  WrittenFile& operator=(const WrittenFile&) = delete;
  ~WrittenFile();

  void write_all(std::span<const std::byte> bytes) const;
  void sync() const;

  /// Until this object goes; false where the file system has no locks.
  bool lock() const;

 private:
  std::string path_;
  int number_;
};

/// A new file, synced.
void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_text(const std::string& path, const std::string& text);
void sync_folder(const std::string& path);

/// A folder that is removed unless it was published.
class FolderAside {
 public:
  explicit FolderAside(const std::string& prefix);
  FolderAside(const FolderAside&) = delete;
  FolderAside& operator=(const FolderAside&) = delete;
  ~FolderAside();
  const std::string& path() const { return path_; }

  /// False if somebody else was first.
  bool publish(const std::string& to);

 private:
  std::string path_;
};

/// Publishes in the place of what may be there, which is gone afterwards.
void replace_folder(FolderAside& aside, const std::string& to);

}  // namespace pia::renderer
