// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "storage/lease.hpp"
#include "tests/farm/commands/program.hpp"
#include "tests/support/wait_until.hpp"

namespace pia::tests {

/// A process that is at work in a run directory, until somebody says that he waits for it.
class Predecessor {
 public:
  /// `last_act` is what it does before it gives the directory back.
  explicit Predecessor(
      const Home& home, const std::function<void()>& last_act = [] {})
      : folder_(home.folder / "run") {
    const auto files = storage::make_posix_file_ops();
    files->make_folders(folder_ + "/lease");
    pid_ = fork();
    if (pid_ == 0) _exit(works(home, last_act) ? 0 : 1);
    EXPECT_TRUE(wait_until([&] { return storage::read_lease(*files, folder_).has_value(); }));
  }
  Predecessor(const Predecessor&) = delete;
  Predecessor& operator=(const Predecessor&) = delete;
  ~Predecessor() {
    int status = 0;
    waitpid(pid_, &status, 0);
    EXPECT_EQ(status, 0) << "it waited in vain";
  }

 private:
  /// No exception may leave the child: it would go on with its parent's tests.
  bool works(const Home& home, const std::function<void()>& last_act) const noexcept {
    const auto files = storage::make_posix_file_ops();
    auto taken = storage::take_lease(
        {.files = *files, .run_directory = folder_, .self = storage::describe_self("first", "yesterday")});
    const auto says_so = [&home](const char* stream) {
      return file_content(home.folder / stream).find("waiting until it ends") != std::string::npos;
    };
    EXPECT_TRUE(wait_until([&] { return says_so("stderr") || says_so("stdout"); }));
    last_act();
    std::get<storage::Lease>(taken).release();
    return !testing::Test::HasFailure();
  }

  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace pia::tests
