// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "jobs/core/error.hpp"
#include "storage/descriptor.hpp"
#include "storage/file_ops.hpp"

namespace pia::storage {
namespace {

// Nothing that pia-farm keeps comes near it; a sparse file can claim any size.
constexpr off_t kLargestRead = off_t{1} << 36U;

[[noreturn]] void fail(const std::string& action, const std::string& path, int number) {
  throw jobs::StorageError("cannot " + action + " " + path + ": " +
                               std::error_code(number, std::generic_category()).message() + "; " +
                               mend_of(number),
                           number);
}

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Descriptor open_file(const std::string& path, int flags) {
  return Descriptor(retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }));
}

class PosixFile final : public FileOps::File {
 public:
  explicit PosixFile(const std::string& path)
      : path_(path), fd_(open_file(path, O_WRONLY | O_CREAT | O_EXCL)) {
    if (fd_.number() < 0) fail("create", path, errno);
  }

  void write(std::span<const std::byte> bytes) override {
    const std::size_t all = bytes.size();
    while (!bytes.empty()) {
      // Linux moves at most 2 GiB a call.
      const std::size_t piece = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30U);
      const ssize_t written = retried([&] { return ::write(fd_.number(), bytes.data(), piece); });
      if (written <= 0) {
        fail("write " + std::to_string(all) + " bytes to", path_, written < 0 ? errno : ENOSPC);
      }
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void sync() override {
    if (retried([&] { return ::fdatasync(fd_.number()); }) != 0) fail("sync", path_, errno);
  }

  void close() override {
    const int fd = fd_.release();
    // After EINTR Linux has closed it all the same.
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) fail("close", path_, errno);
  }

 private:
  std::string path_;
  Descriptor fd_;
};

bool is_folder(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat of_a {};
  struct stat of_b {};
  return ::stat(a.c_str(), &of_a) == 0 && ::stat(b.c_str(), &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
         of_a.st_ino == of_b.st_ino;
}

class PosixFileOps final : public FileOps {
 public:
  std::unique_ptr<File> create(const std::string& path) override { return std::make_unique<PosixFile>(path); }

  void rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail("rename " + from + " to", to, errno);
  }

  bool link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return true;
    if (errno != EEXIST) fail("link " + from + " to", to, errno);
    // NFS may repeat a call whose answer was lost, and then finds its own work.
    return same_file(from, to);
  }

  void remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path, errno);
  }

  void make_folders(const std::string& path) override { make_folders_within("/", path); }

  void make_folders_within(const std::string& root, const std::string& path) override {
    PIA_ASSERT(path.starts_with(root));
    if (is_folder(path)) return;
    if (path.size() <= root.size()) {
      if (exists(root)) fail("look into the folder", root, ENOTDIR);
      throw jobs::StorageError(root + " is gone; bring it back, then run the same command again", ENOENT);
    }
    const auto slash = path.find_last_of('/');
    const std::string parent = slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
    make_folders_within(root, parent);
    if (retried([&] { return ::mkdir(path.c_str(), 0777); }) != 0 && errno != EEXIST)
      fail("create the folder", path, errno);
    if (!is_folder(path)) fail("create the folder", path, ENOTDIR);
    sync_folder(parent);
  }

  void sync_folder(const std::string& path) override {
    const Descriptor folder = open_file(path, O_RDONLY | O_DIRECTORY);
    if (folder.number() < 0) fail("open the folder", path, errno);
    // Some file systems can't sync a folder, and say so.
    if (retried([&] { return ::fsync(folder.number()); }) != 0 && errno != EINVAL && errno != ENOTSUP) {
      fail("sync the folder", path, errno);
    }
  }

  bool exists(const std::string& path) override {
    struct stat found {};
    if (::stat(path.c_str(), &found) == 0) return true;
    if (errno != ENOENT && errno != ENOTDIR) fail("look at", path, errno);
    return false;
  }

  Status status(const std::string& path) override {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) fail("look at", path, errno);
    return {.size = static_cast<std::uint64_t>(found.st_size),
            .modified_ns = std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec,
            .inode = found.st_ino,
            .is_folder = S_ISDIR(found.st_mode)};
  }

  std::vector<std::byte> read(const std::string& path) override {
    const Descriptor file = open_file(path, O_RDONLY);
    struct stat found {};
    if (file.number() < 0 || ::fstat(file.number(), &found) != 0) fail("read", path, errno);
    if (S_ISDIR(found.st_mode)) fail("read", path, EISDIR);
    if (found.st_size > kLargestRead) fail("read", path, EFBIG);
    // One byte more than the size, to see the end at once.
    std::vector<std::byte> bytes(static_cast<std::size_t>(found.st_size) + 1);
    std::size_t have = 0;
    for (;;) {
      if (have == bytes.size()) bytes.resize(have + have / 8 + 1);
      const ssize_t got =
          retried([&] { return ::read(file.number(), bytes.data() + have, bytes.size() - have); });
      if (got < 0) fail("read", path, errno);
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }

  std::vector<std::string> list(const std::string& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator at(folder, error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error && error.value() != ENOENT && error.value() != ENOTDIR) fail("list", folder, error.value());
    std::sort(names.begin(), names.end());
    return names;
  }
};

}  // namespace

std::string mend_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "free space there (or raise the quota), then run the same command again";
    case EACCES:
    case EPERM:
    case EROFS:
      return "make it writable for this user, or choose another folder with --out";
    case ENOENT:
    case ENOTDIR:
      return "somebody moved or removed it; run the same command again";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return "check that disk or network file system, then run the same command again";
  }
}

std::unique_ptr<FileOps> make_posix_file_ops() {
  return std::make_unique<PosixFileOps>();
}

}  // namespace pia::storage
