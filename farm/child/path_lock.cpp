// SPDX-License-Identifier: Apache-2.0
#include "farm/child/path_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

[[noreturn]] void fail(const std::string& path, int number) {
  throw jobs::StorageError("could not lock " + path + ": " + std::generic_category().message(number), number);
}

/// Whoever held it before may have moved or removed what it locks.
bool is_still_at(const std::string& path, int descriptor) {
  struct stat locked {};
  struct stat there {};
  return fstat(descriptor, &locked) == 0 && stat(path.c_str(), &there) == 0 &&
         locked.st_ino == there.st_ino && locked.st_dev == there.st_dev;
}

}  // namespace

std::optional<PathLock> PathLock::try_take(const std::string& path, Kind kind) {
  storage::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int descriptor = file.number();
  if (descriptor < 0 && errno == ENOENT) return std::nullopt;
  if (descriptor < 0) fail(path, errno);
  while (flock(descriptor, (kind == Kind::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) fail(path, errno);
  }
  if (!is_still_at(path, descriptor)) return std::nullopt;
  return PathLock(std::move(file));
}

}  // namespace pia::farm
