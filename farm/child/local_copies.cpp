// SPDX-License-Identifier: Apache-2.0
#include "farm/child/local_copies.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "farm/child/shared_file.hpp"
#include "farm/model_digest.hpp"
#include "renderer/weights/model.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

// What a folder's copy is called within its digest; a file keeps its name, which has an ending.
constexpr const char* kModelFolder = "model";
constexpr const char* kHalf = ".tmp";
constexpr const char* kUsed = ".used";
constexpr const char* kLock = "lock";
constexpr const char* kDigests = "digests";
constexpr int kTries = 3;

/// Does something to the node's disk.
template <class Call>
auto on_scratch(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const ScratchTrouble&) {
    throw;
  } catch (const jobs::Error& error) {
    throw ScratchTrouble(error.what());
  }
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

void remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
}

/// Anybody may write to a node's scratch; nobody else may put weights there for us.
bool is_ours(const std::string& folder) {
  struct stat found {};
  return lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid();
}

void make_ours(const std::string& folder) {
  if (!is_ours(folder)) {
    throw ScratchTrouble(folder + " is not a folder of this user; set another [worker] scratch");
  }
  chmod(folder.c_str(), S_IRWXU);
}

/// Names in a model's folder, as its own lists give them: none may lead out of it.
std::vector<std::string> files_of(const std::string& model) {
  std::vector<std::string> names = renderer::model_files(model);
  for (const std::string& name : names) {
    const fs::path path(name);
    const bool leads_out = name.empty() || path.is_absolute() || *path.lexically_normal().begin() == "..";
    if (leads_out) throw ScratchTrouble(model + " names a file outside of it, " + name);
  }
  return names;
}

struct Source {
  std::string from;
  std::string name;  ///< within the copy
};

std::vector<Source> sources(const std::string& model) {
  if (!is_folder(model)) return {{model, fs::path(model).filename()}};
  std::vector<Source> all;
  for (const std::string& name : files_of(model)) {
    all.push_back({model + "/" + name, std::string(kModelFolder) + "/" + name});
  }
  return all;
}

}  // namespace

LocalCopies::LocalCopies(Parts parts)
    : parts_(std::move(parts)),
      digests_({.file = at(kDigests), .rehash = Rehash::no, .wall_clock_ns = parts_.wall_clock_ns}) {}

std::optional<LocalCopies::Copy> LocalCopies::find(const jobs::Digest& content) {
  return on_scratch([&]() -> std::optional<Copy> {
    if (!is_ours(parts_.folder)) return std::nullopt;
    const std::string name = to_hex(content);
    auto in_use = PathLock::try_take(at(name), PathLock::Kind::shared);
    if (!in_use) return std::nullopt;
    const std::vector<std::string> inside = parts_.files.list(at(name));
    if (inside.size() != 1) return std::nullopt;
    const std::string path = at(name) + "/" + inside.front();
    try {
      if (model_digest(path, digests_) != content) return std::nullopt;
    } catch (const jobs::Error&) {
      // Somebody cleans that disk file by file: what is left is no copy.
      return std::nullopt;
    }
    return Copy{path, std::move(*in_use)};
  });
}

/// Whoever cleans may take it away between two steps.
void LocalCopies::make_folder() {
  for (int left = kTries - 1;; --left) {
    try {
      parts_.files.make_folders(parts_.folder);
      return make_ours(parts_.folder);
    } catch (const jobs::Error&) {
      if (left == 0) throw;
    }
  }
}

std::optional<PathLock> LocalCopies::try_lock() {
  return on_scratch([&]() -> std::optional<PathLock> {
    make_folder();
    if (!parts_.files.exists(at(kLock))) {
      const int made = open(at(kLock).c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
      if (made >= 0) close(made);
    }
    return PathLock::try_take(at(kLock), PathLock::Kind::exclusive);
  });
}

void LocalCopies::sweep() {
  on_scratch([&] {
    for (const std::string& name : parts_.files.list(parts_.folder)) {
      if (name.ends_with(kHalf)) remove_tree(at(name));
    }
  });
}

void LocalCopies::remember_use(const jobs::Digest& content) {
  try {
    std::uint64_t latest = 0;
    for (const std::string& other : copies()) latest = std::max(latest, last_use(other));
    const std::string number = std::to_string(latest + 1);
    storage::replace_file(parts_.files, at(to_hex(content)) + kUsed, std::as_bytes(std::span(number)), "use");
  } catch (const jobs::StorageError&) {
    // It may go earlier than it should.
  }
}

std::uint64_t LocalCopies::last_use(const std::string& name) {
  if (!parts_.files.exists(at(name) + kUsed)) return 0;
  const std::vector<std::byte> bytes = parts_.files.read(at(name) + kUsed);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return std::strtoull(text.c_str(), nullptr, 10);
}

std::vector<std::string> LocalCopies::copies() {
  std::vector<std::string> names = parts_.files.list(parts_.folder);
  std::erase_if(names, [](const std::string& name) { return !jobs::digest_from_hex(name); });
  return names;
}

std::optional<PathLock> LocalCopies::unused(const std::string& name) {
  return PathLock::try_take(at(name), PathLock::Kind::exclusive);
}

/// Whoever reads it by now goes on reading it.
void LocalCopies::discard(const std::string& name) {
  remove_tree(at(name) + kHalf);
  parts_.files.rename(at(name), at(name) + kHalf);
  remove_tree(at(name) + kHalf);
  parts_.files.remove(at(name) + kUsed);
}

bool LocalCopies::discard_longest_unused() {
  std::set<std::pair<std::uint64_t, std::string>> in_order;
  for (const std::string& name : copies()) in_order.emplace(last_use(name), name);
  for (const auto& [use, name] : in_order) {
    const auto lock = unused(name);
    if (!lock) continue;
    discard(name);
    return true;
  }
  return false;
}

bool LocalCopies::make_room(std::uint64_t bytes) {
  return on_scratch([&] {
    while (true) {
      const DiskSpace space = parts_.space(parts_.folder);
      if (space.available >= bytes + space.capacity / 10) return true;
      if (!discard_longest_unused()) return false;
    }
  });
}

std::uint64_t LocalCopies::size(const jobs::FileRef& model) {
  std::uint64_t bytes = 0;
  for (const Source& source : sources(model.path)) bytes += size_of_shared(source.from);
  return bytes;
}

LocalCopies::End LocalCopies::copy_files(const jobs::FileRef& model, const std::string& target,
                                         const std::function<bool()>& stop) {
  std::set<std::string> folders{target};
  for (const Source& source : sources(model.path)) {
    const std::string path = target + "/" + source.name;
    const std::string folder = path.substr(0, path.find_last_of('/'));
    // Each folder on the way has names that must last.
    for (std::string up = folder; up.size() > target.size(); up.resize(up.find_last_of('/'))) {
      folders.insert(up);
    }
    const auto file = on_scratch([&] {
      parts_.files.make_folders(folder);
      return parts_.files.create(path);
    });
    SharedFile shared(source.from);
    while (true) {
      if (stop()) return End::stopped;
      const std::span<const std::byte> piece = shared.next_piece();
      if (piece.empty()) break;
      on_scratch([&] { file->write(piece); });
    }
    on_scratch([&] {
      file->sync();
      file->close();
    });
  }
  on_scratch([&] {
    for (const std::string& folder : folders) parts_.files.sync_folder(folder);
  });
  return End::made;
}

/// What is half done must not fill the disk until somebody else comes by.
LocalCopies::End LocalCopies::copy(const jobs::FileRef& model, const std::function<bool()>& stop) {
  const std::string half = at(to_hex(model.digest)) + kHalf;
  try {
    remove_tree(half);
    const End end = copy_files(model, half, stop);
    if (end == End::made) on_scratch([&] { publish(model, half); });
    remove_tree(half);
    return end;
  } catch (const jobs::Error&) {
    remove_tree(half);
    throw;
  }
}

void LocalCopies::publish(const jobs::FileRef& model, const std::string& half) {
  const bool one_folder = is_folder(half + "/" + kModelFolder);
  const std::string inside = one_folder ? kModelFolder : fs::path(model.path).filename().string();
  if (model_digest(half + "/" + inside, digests_) != model.digest) {
    throw ScratchTrouble("the copy of " + model.path + " is not what was planned");
  }
  const std::string name = to_hex(model.digest);
  if (parts_.files.exists(at(name))) {
    const std::string old = at(name) + ".old" + kHalf;
    parts_.files.rename(at(name), old);
    remove_tree(old);
  }
  parts_.files.rename(half, at(name));
  parts_.files.sync_folder(parts_.folder);
}

void LocalCopies::clean() {
  if (!is_folder(parts_.folder)) return;
  try {
    const auto lock = try_lock();
    if (!lock) return;
    sweep();
    while (discard_longest_unused()) continue;
    if (!copies().empty()) return;
    for (const std::string& name : parts_.files.list(parts_.folder)) {
      if (name != kLock) remove_tree(at(name));
    }
    // From here on another may begin anew: nothing of that may go with it.
    parts_.files.remove(at(kLock));
    rmdir(parts_.folder.c_str());
  } catch (const jobs::Error&) {
    // The next one cleans.
  }
}

}  // namespace pia::farm
