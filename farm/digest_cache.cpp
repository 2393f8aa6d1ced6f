// SPDX-License-Identifier: Apache-2.0
#include "farm/digest_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "jobs/core/error.hpp"
#include "storage/descriptor.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kCheckDigits = 8;
constexpr std::size_t kPiece = std::size_t{1} << 20U;
constexpr std::int64_t kSettled = 2'000'000'000;

[[noreturn]] void unreadable(const std::string& path, int error) {
  const std::string sentence = path + " can't be read: " + std::strerror(error);
  if (jobs::is_passing(error))
    throw jobs::StorageError(sentence + "; check its disk or network file system", error);
  throw jobs::InputError(sentence + "; check the path and its permissions");
}

jobs::Digest hash_file(const std::string& path) {
  const storage::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) unreadable(path, errno);
  posix_fadvise(file.number(), 0, 0, POSIX_FADV_SEQUENTIAL);
  jobs::Sha256 hash;
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    const ssize_t count = read(file.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) unreadable(path, errno);
    if (count == 0) return hash.finish();
    hash.update(std::span(piece).first(static_cast<std::size_t>(count)));
  }
}

std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == '%') {
      text += "%25";
    } else if (c == '\n') {
      text += "%0A";
    } else {
      text += c;
    }
  }
  return text;
}

std::string unescaped(const std::string& text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "%25") == 0) {
      path += '%';
      i += 2;
    } else if (text.compare(i, 3, "%0A") == 0) {
      path += '\n';
      i += 2;
    } else {
      path += text[i];
    }
  }
  return path;
}

std::string check_of(const std::string& rest) {
  return jobs::to_hex(jobs::sha256(rest)).substr(0, kCheckDigits);
}

}  // namespace

DigestCache::DigestCache(Options options) : options_(std::move(options)) {
  if (options_.rehash == Rehash::no) load();
}

DigestCache::Stamp DigestCache::stamp_of(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) unreadable(path, errno);
  if (!S_ISREG(facts.st_mode)) throw jobs::InputError(path + " is not a file; give the path of a file");
  return {.size = static_cast<std::uint64_t>(facts.st_size),
          .modified_ns = std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec,
          .inode = facts.st_ino};
}

void DigestCache::load() {
  std::ifstream file(options_.file, std::ios::binary);
  std::string line;
  while (std::getline(file, line)) take_line(line);
}

void DigestCache::take_line(const std::string& line) {
  if (line.size() <= kCheckDigits + 1) return;
  const std::string rest = line.substr(kCheckDigits + 1);
  if (line.compare(0, kCheckDigits, check_of(rest)) != 0) return;
  std::istringstream fields(rest);
  std::string hex;
  Entry entry;
  std::string path;
  fields >> hex >> entry.stamp.size >> entry.stamp.modified_ns >> entry.stamp.inode;
  fields.ignore(1);
  const auto digest = jobs::digest_from_hex(hex);
  if (!fields || !digest || !std::getline(fields, path)) return;
  entry.digest = *digest;
  known_.insert_or_assign(unescaped(path), entry);
}

void DigestCache::remember(const std::string& path, const Entry& entry) {
  known_.insert_or_assign(path, entry);
  if (options_.file.empty() || options_.wall_clock_ns() - entry.stamp.modified_ns < kSettled) return;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(options_.file).parent_path(), ignored);
  const storage::Descriptor file(
      open(options_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (file.number() < 0) return;
  const std::string rest = to_hex(entry.digest) + " " + std::to_string(entry.stamp.size) + " " +
                           std::to_string(entry.stamp.modified_ns) + " " + std::to_string(entry.stamp.inode) +
                           " " + escaped(path);
  // The line end before it parts it from a line that somebody left torn.
  const std::string line = "\n" + check_of(rest) + " " + rest + "\n";
  if (write(file.number(), line.data(), line.size()) < 0) return;
}

jobs::Digest DigestCache::digest(const std::string& path) {
  const Stamp before = stamp_of(path);
  const auto found = known_.find(path);
  if (found != known_.end() && found->second.stamp == before) return found->second.digest;
  const Entry entry{before, hash_file(path)};
  ++files_hashed_;
  if (stamp_of(path) != before) {
    throw jobs::InputError(path + " changes while it is read; run again when it is complete");
  }
  remember(path, entry);
  return entry.digest;
}

}  // namespace pia::farm
