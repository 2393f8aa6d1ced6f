// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "jobs/core/error.hpp"
#include "storage/file_ops.hpp"

namespace pia::tests {

/// A file system in memory that knows what a power cut would leave: bytes are durable once their file was
/// synced, names once their folder was. One thread. There is the folder /run.
class MemoryFileOps final : public storage::FileOps {
 public:
  /// What survives of what was not synced.
  enum class Cut {
    nothing,      ///< neither bytes nor names
    names_only,   ///< all names, but their unsynced bytes are gone
    names_zeros,  ///< all names, their unsynced bytes are zeros
    chance,       ///< any part of the bytes, and any of the changes of names
  };

  /// The power fails and comes back: only what is durable, and what `cut` adds, is left. Open files are dead.
  void power_cut(Cut cut, std::mt19937_64& chance) {
    for (auto& [inode, node] : nodes_) cut_bytes(node, cut, chance);
    for (auto& [path, folder] : folders_) cut_names(folder, cut, chance);
  }

  /// Overwrites a file's bytes, as a failing disk would.
  void damage(const std::string& path, std::vector<std::byte> bytes) { node_at(path).now = std::move(bytes); }

  std::unique_ptr<File> create(const std::string& path) override {
    Folder& folder = folder_of(path);
    if (folder.now.contains(name_of(path))) fail(path, EEXIST);
    const std::uint64_t inode = next_inode_++;
    nodes_[inode] = {};
    change(folder, {.removed = "", .added = name_of(path), .inode = inode});
    return std::make_unique<OpenFile>(nodes_[inode]);
  }

  void rename(const std::string& from, const std::string& to) override {
    const std::uint64_t inode = inode_at(from);
    change(folder_of(to), {.removed = name_of(from), .added = name_of(to), .inode = inode});
  }

  bool link(const std::string& from, const std::string& to) override {
    const std::uint64_t inode = inode_at(from);
    Folder& folder = folder_of(to);
    if (folder.now.contains(name_of(to))) return folder.now[name_of(to)] == inode;
    change(folder, {.removed = "", .added = name_of(to), .inode = inode});
    return true;
  }

  void remove(const std::string& path) override {
    if (exists(path)) change(folder_of(path), {.removed = name_of(path), .added = "", .inode = 0});
  }

  void make_folders(const std::string& path) override {
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      folders_[path.substr(0, slash)];
      if (slash == std::string::npos) return;
    }
  }

  void make_folders_within(const std::string& root, const std::string& path) override {
    PIA_ASSERT(path.starts_with(root));
    if (!folders_.contains(root)) throw jobs::StorageError(root + " is gone", ENOENT);
    make_folders(path);
  }

  void sync_folder(const std::string& path) override {
    Folder& folder = folder_of(path + "/");
    folder.durable = folder.now;
    folder.pending.clear();
  }

  bool exists(const std::string& path) override {
    if (folders_.contains(path)) return true;
    const auto folder = folders_.find(parent_of(path));
    return folder != folders_.end() && folder->second.now.contains(name_of(path));
  }

  Status status(const std::string& path) override {
    if (folders_.contains(path)) return {.is_folder = true};
    return {.size = node_at(path).now.size(), .modified_ns = 0, .inode = inode_at(path)};
  }

  std::vector<std::byte> read(const std::string& path) override { return node_at(path).now; }

  std::vector<std::string> list(const std::string& path) override {
    std::set<std::string> names;
    const auto folder = folders_.find(path);
    if (folder == folders_.end()) return {};
    for (const auto& [name, inode] : folder->second.now) names.insert(name);
    for (const auto& [other, ignored] : folders_) {
      if (parent_of(other) == path && other != path) names.insert(name_of(other));
    }
    return {names.begin(), names.end()};
  }

 private:
  struct Node {
    std::vector<std::byte> now;
    std::size_t durable = 0;  ///< how many of the bytes: files only grow
  };

  /// One atomic change of a folder's names.
  struct Change {
    std::string removed;
    std::string added;
    std::uint64_t inode = 0;
  };

  using Names = std::map<std::string, std::uint64_t>;
  struct Folder {
    Names now;
    Names durable;
    std::vector<Change> pending;
  };

  class OpenFile final : public File {
   public:
    explicit OpenFile(Node& node) : node_(node) {}
    void write(std::span<const std::byte> bytes) override {
      node_.now.insert(node_.now.end(), bytes.begin(), bytes.end());
    }
    void sync() override { node_.durable = node_.now.size(); }
    void close() override {}

   private:
    Node& node_;
  };

  [[noreturn]] static void fail(const std::string& path, int number) {
    throw jobs::StorageError("memory: " + path + ": errno " + std::to_string(number), number);
  }
  static std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }
  static std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

  Folder& folder_of(const std::string& path) {
    const auto found = folders_.find(parent_of(path));
    if (found == folders_.end()) fail(path, ENOENT);
    return found->second;
  }
  std::uint64_t inode_at(const std::string& path) {
    const Names& names = folder_of(path).now;
    const auto found = names.find(name_of(path));
    if (found == names.end()) fail(path, ENOENT);
    return found->second;
  }
  Node& node_at(const std::string& path) { return nodes_[inode_at(path)]; }

  static void apply(Names& names, const Change& change) {
    if (!change.removed.empty()) names.erase(change.removed);
    if (!change.added.empty()) names[change.added] = change.inode;
  }
  static void change(Folder& folder, const Change& change) {
    apply(folder.now, change);
    folder.pending.push_back(change);
  }

  static void cut_bytes(Node& node, Cut cut, std::mt19937_64& chance) {
    const std::size_t unsynced = node.now.size() - node.durable;
    const auto start = node.now.begin() + static_cast<std::ptrdiff_t>(node.durable);
    if (cut == Cut::names_zeros || (cut == Cut::chance && chance() % 3 == 0)) {
      std::fill(start, node.now.end(), std::byte{0});
    } else {
      const std::size_t kept = cut == Cut::chance && unsynced > 0 ? chance() % (unsynced + 1) : 0;
      node.now.resize(node.durable + kept);
    }
    node.durable = node.now.size();
  }

  static void cut_names(Folder& folder, Cut cut, std::mt19937_64& chance) {
    for (const Change& change : folder.pending) {
      if (cut == Cut::nothing || (cut == Cut::chance && chance() % 2 == 0)) continue;
      apply(folder.durable, change);
    }
    folder.pending.clear();
    folder.now = folder.durable;
  }

  std::map<std::string, Folder> folders_ = {{"/run", {}}};
  std::map<std::uint64_t, Node> nodes_;
  std::uint64_t next_inode_ = 1;
};

}  // namespace pia::tests
