// SPDX-License-Identifier: Apache-2.0
#include "storage/temporary.hpp"

#include <cerrno>
#include <charconv>

#include "jobs/core/error.hpp"

namespace pia::storage {
namespace {

constexpr int kMostLeftovers = 1000;
constexpr std::string_view kSuffix = ".tmp";

struct Aside {
  std::string path;
  std::unique_ptr<FileOps::File> file;
};

Aside create_aside(FileOps& files, const std::string& path, const std::string& tag) {
  const std::string stem = path + "." + tag;
  std::string name = stem + std::string(kSuffix);
  for (int n = 1;; ++n) {
    try {
      return {name, files.create(name)};
    } catch (const jobs::StorageError& error) {
      if (error.error_number() != EEXIST || n > kMostLeftovers) throw;
    }
    name = stem + "." + std::to_string(n) + std::string(kSuffix);
  }
}

}  // namespace

std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void remove_quietly(FileOps& files, const std::string& path) noexcept {
  try {
    files.remove(path);
  } catch (...) {
    return;
  }
}

std::string write_aside(FileOps& files, const std::string& path, std::span<const std::byte> bytes,
                        const std::string& tag) {
  Aside aside = create_aside(files, path, tag);
  try {
    aside.file->write(bytes);
    aside.file->sync();
    aside.file->close();
  } catch (...) {
    aside.file.reset();
    remove_quietly(files, aside.path);
    throw;
  }
  return aside.path;
}

void replace_file_unsynced(FileOps& files, const std::string& path, std::span<const std::byte> bytes,
                           const std::string& tag) {
  const std::string aside = write_aside(files, path, bytes, tag);
  try {
    files.rename(aside, path);
  } catch (...) {
    remove_quietly(files, aside);
    throw;
  }
}

void replace_file(FileOps& files, const std::string& path, std::span<const std::byte> bytes,
                  const std::string& tag) {
  replace_file_unsynced(files, path, bytes, tag);
  files.sync_folder(path.substr(0, path.find_last_of('/')));
}

std::optional<std::uint64_t> temporary_epoch(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  // A leftover's counter stands behind the tag: "….e12-a3.1".
  for (int parts = 0; parts < 2; ++parts) {
    const auto dot = name.find_last_of('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view tag = name.substr(dot + 1);
    if (tag.starts_with('e')) return number_from(tag.substr(1, tag.find('-') - 1));
    if (!number_from(tag)) return std::nullopt;
    name = name.substr(0, dot);
  }
  return std::nullopt;
}

int sweep_folder(FileOps& files, const std::string& folder, std::uint64_t epoch) {
  int removed = 0;
  for (const std::string& name : files.list(folder)) {
    const auto found = temporary_epoch(name);
    if (!found || *found >= epoch) continue;
    files.remove(folder + "/" + name);
    ++removed;
  }
  return removed;
}

int sweep_subfolders(FileOps& files, const std::string& folder, std::uint64_t epoch) {
  int removed = 0;
  for (const std::string& name : files.list(folder)) {
    removed += sweep_folder(files, folder + "/" + name, epoch);
  }
  return removed;
}

}  // namespace pia::storage
