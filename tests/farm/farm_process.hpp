// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/farm/rehearsal.hpp"

extern char** environ;

namespace pia::tests {

/// Process ids whose command line names `folder`.
inline std::vector<pid_t> processes_of(const std::string& folder) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == getpid()) continue;
    // Of a process that ends meanwhile there is nothing to read; an iterator over the file would throw.
    std::ostringstream line;
    line << std::ifstream(entry.path() / "cmdline", std::ios::binary).rdbuf();
    if (line.str().find(folder) != std::string::npos) found.push_back(pid);
  }
  return found;
}

/// A rehearsal in a process of its own (rehearse_main.cpp), to be stopped and killed.
class FarmProcess {
 public:
  explicit FarmProcess(const Rehearsal& rehearsal) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "rehearse";
    std::vector<std::string> words = {program,
                                      rehearsal.folder,
                                      std::to_string(rehearsal.shots),
                                      std::to_string(rehearsal.steps),
                                      std::to_string(rehearsal.workers),
                                      std::to_string(rehearsal.step_seconds),
                                      rehearsal.script};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments.data(), environ), 0);
  }

  /// Its exit code within `patience`; nothing if it still runs.
  std::optional<int> wait(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) return std::nullopt;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace pia::tests
