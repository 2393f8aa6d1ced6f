// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/folder_writer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

namespace fs = std::filesystem;

}  // namespace

void disk_failed(const std::string& what, const std::string& path, int error) {
  throw jobs::StorageError("can't " + what + " " + path + ": " + std::strerror(error) +
                               "; check the disk's space and the folder's permissions, then run again",
                           error);
}

WrittenFile::WrittenFile(std::string path, int flags)
    : path_(std::move(path)), number_(open(path_.c_str(), flags | O_CLOEXEC, 0666)) {
  if (number_ < 0) disk_failed("open", path_, errno);
}

WrittenFile::~WrittenFile() {
  close(number_);
}

void WrittenFile::write_all(std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t done = write(number_, bytes.data(), bytes.size());
    if (done < 0 && errno != EINTR) disk_failed("write", path_, errno);
    if (done > 0) bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

void WrittenFile::sync() const {
  if (fsync(number_) != 0) disk_failed("sync", path_, errno);
}

bool WrittenFile::lock() const {
  while (flock(number_, LOCK_EX) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  const WrittenFile file(path, O_WRONLY | O_CREAT | O_EXCL);
  file.write_all(bytes);
  file.sync();
}

void write_text(const std::string& path, const std::string& text) {
  write_file(path, std::as_bytes(std::span(text)));
}

void sync_folder(const std::string& path) {
  WrittenFile(path, O_RDONLY | O_DIRECTORY).sync();
}

FolderAside::FolderAside(const std::string& prefix) : path_(prefix + "XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) disk_failed("make a folder beside", prefix, errno);
  std::error_code ignored;
  fs::permissions(path_, fs::perms::all & ~(fs::perms::group_write | fs::perms::others_write), ignored);
}

FolderAside::~FolderAside() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

bool FolderAside::publish(const std::string& to) {
  if (std::rename(path_.c_str(), to.c_str()) == 0) {
    path_.clear();
    return true;
  }
  if (errno != ENOTEMPTY && errno != EEXIST) disk_failed("rename a folder to", to, errno);
  return false;
}

void replace_folder(FolderAside& aside, const std::string& to) {
  while (!aside.publish(to)) {
    const FolderAside old(to + ".old-");
    const std::string place = old.path() + "/it";
    if (std::rename(to.c_str(), place.c_str()) != 0 && errno != ENOENT) disk_failed("move away", to, errno);
  }
}

}  // namespace pia::renderer
