// SPDX-License-Identifier: Apache-2.0
#include "farm/child/shared_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// Shared disks want long reads; a stop may wait for one of them.
constexpr std::size_t kPiece = std::size_t{8} << 20U;

[[noreturn]] void fail(const std::string& path, int number) {
  const std::string sentence = "cannot read " + path + ": " + std::generic_category().message(number);
  if (jobs::is_passing(number)) throw jobs::StorageError(sentence, number);
  throw jobs::InputError(sentence);
}

}  // namespace

SharedFile::SharedFile(const std::string& path)
    : path_(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)), piece_(kPiece) {
  if (file_.number() < 0) fail(path, errno);
}

std::span<const std::byte> SharedFile::next_piece() {
  while (true) {
    const ssize_t count = read(file_.number(), piece_.data(), piece_.size());
    if (count >= 0) return std::span(piece_).first(static_cast<std::size_t>(count));
    if (errno != EINTR) fail(path_, errno);
  }
}

std::uint64_t size_of_shared(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) fail(path, errno);
  return static_cast<std::uint64_t>(found.st_size);
}

}  // namespace pia::farm
