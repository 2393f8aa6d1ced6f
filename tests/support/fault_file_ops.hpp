// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "jobs/core/error.hpp"
#include "storage/file_ops.hpp"

namespace pia::tests {

/// The simulated death of the process: no StorageError, so that nobody recovers from it.
struct Death {};

enum class Fault {
  none,
  die_before,   ///< the call, and all after it, do nothing and throw Death
  die_within,   ///< a write gets half of its bytes out first; as die_before for other calls
  die_after,    ///< the call succeeds; all after it throw Death
  io_error,     ///< the call fails once with EIO
  short_write,  ///< a write gets half of its bytes out and fails with ENOSPC; other calls are as they are
  no_space,     ///< a call that changes something fails once with ENOSPC
  full_disk,    ///< from this call on, creating and writing fail with ENOSPC
  quota,        ///< a call that changes something fails once with EDQUOT
};

/// Wraps a FileOps and lets one call, counted from 0, go wrong. One thread.
class FaultFileOps : public storage::FileOps {
 public:
  FaultFileOps(storage::FileOps& files, int at, Fault fault) : files_(files), at_(at), fault_(fault) {}

  int calls() const { return calls_; }
  bool dead() const { return dead_; }

  /// What was called, in order.
  const std::vector<std::string>& names() const { return names_; }

  std::unique_ptr<File> create(const std::string& path) override {
    return faulty(Kind::grows, "create " + path, [&] { return opened(files_.create(path)); });
  }
  void rename(const std::string& from, const std::string& to) override {
    faulty(Kind::changes, "rename to " + to, [&] { return files_.rename(from, to), 0; });
  }
  bool link(const std::string& from, const std::string& to) override {
    return faulty(Kind::changes, "link " + to, [&] { return files_.link(from, to); });
  }
  void remove(const std::string& path) override {
    faulty(Kind::changes, "remove " + path, [&] { return files_.remove(path), 0; });
  }
  void make_folders_within(const std::string& root, const std::string& path) override {
    faulty(Kind::grows, "make_folders " + path, [&] { return files_.make_folders_within(root, path), 0; });
  }
  void make_folders(const std::string& path) override {
    faulty(Kind::grows, "make_folders " + path, [&] { return files_.make_folders(path), 0; });
  }
  void sync_folder(const std::string& path) override {
    faulty(Kind::changes, "sync_folder " + path, [&] { return files_.sync_folder(path), 0; });
  }
  bool exists(const std::string& path) override {
    return faulty(Kind::reads, "exists " + path, [&] { return files_.exists(path); });
  }
  Status status(const std::string& path) override {
    return faulty(Kind::reads, "status " + path, [&] { return files_.status(path); });
  }
  std::vector<std::byte> read(const std::string& path) override {
    return faulty(Kind::reads, "read " + path, [&] { return files_.read(path); });
  }
  std::vector<std::string> list(const std::string& folder) override {
    return faulty(Kind::reads, "list " + folder, [&] { return files_.list(folder); });
  }

 private:
  enum class Kind { reads, changes, grows };

  class FaultyFile final : public File {
   public:
    FaultyFile(FaultFileOps& owner, std::unique_ptr<File> file) : owner_(owner), file_(std::move(file)) {}
    void write(std::span<const std::byte> bytes) override {
      const bool torn = owner_.calls_ == owner_.at_ &&
                        (owner_.fault_ == Fault::die_within || owner_.fault_ == Fault::short_write);
      if (torn && !owner_.dead_) file_->write(bytes.first(bytes.size() / 2));
      owner_.faulty(Kind::grows, "write", [&] {
        if (torn) fail("write", ENOSPC);
        return file_->write(bytes), 0;
      });
    }
    void sync() override {
      owner_.faulty(Kind::changes, "sync", [&] { return file_->sync(), 0; });
    }
    void close() override {
      owner_.faulty(Kind::changes, "close", [&] { return file_->close(), 0; });
    }

   private:
    FaultFileOps& owner_;
    std::unique_ptr<File> file_;
  };

  [[noreturn]] static void fail(const std::string& call, int number) {
    throw jobs::StorageError("injected at " + call + ": errno " + std::to_string(number), number);
  }

  std::unique_ptr<File> opened(std::unique_ptr<File> file) {
    return std::make_unique<FaultyFile>(*this, std::move(file));
  }

  template <class Call>
  auto faulty(Kind kind, const std::string& name, Call call) -> decltype(call()) {
    if (dead_) throw Death{};
    const int now = calls_++;
    names_.push_back(name);
    if (fault_ == Fault::full_disk && now >= at_ && kind == Kind::grows) fail(name, ENOSPC);
    if (now != at_) return call();
    if (fault_ == Fault::die_before || fault_ == Fault::die_within) {
      dead_ = true;
      throw Death{};
    }
    if (fault_ == Fault::io_error) fail(name, EIO);
    if (fault_ == Fault::no_space && kind != Kind::reads) fail(name, ENOSPC);
    if (fault_ == Fault::quota && kind != Kind::reads) fail(name, EDQUOT);
    auto result = call();
    dead_ = fault_ == Fault::die_after;
    return result;
  }

  storage::FileOps& files_;
  int at_;
  Fault fault_;
  int calls_ = 0;
  bool dead_ = false;
  std::vector<std::string> names_;
};

}  // namespace pia::tests
