// SPDX-License-Identifier: Apache-2.0
#include "farm/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "farm/signals.hpp"
#include "jobs/core/error.hpp"

extern char** environ;

namespace pia::farm {
namespace {

constexpr int kChildSocket = 3;

bool belongs_to_a_launcher(std::string_view variable) {
  constexpr std::array<std::string_view, 5> kPrefixes = {"OMPI_", "PMIX_", "PMI_", "PRTE_", "SLURM_PMIX"};
  for (const std::string_view prefix : kPrefixes) {
    if (variable.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

std::vector<std::string> child_environment(const std::vector<std::string>& extra) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::string_view name = variable.substr(0, variable.find('=') + 1);
    bool replaced = belongs_to_a_launcher(variable);
    for (const std::string& ours : extra) replaced |= std::string_view(ours).substr(0, name.size()) == name;
    if (!replaced) environment.emplace_back(variable);
  }
  environment.insert(environment.end(), extra.begin(), extra.end());
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// On a full disk a renderer goes on without its log.
storage::Descriptor open_log(const std::string& path) {
  const int log = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  return storage::Descriptor(log >= 0 ? log : open("/dev/null", O_WRONLY | O_CLOEXEC));
}

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);
    // Slurm signals every process of a step, whatever its group: a warning must not kill a renderer that is
    // to checkpoint. Its supervisor tells it to stop.
    const sigset_t set = stop_signals();
    posix_spawnattr_setsigmask(&attributes_, &set);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

std::string ChildEnd::in_words() const {
  if (WIFEXITED(wait_status)) return "exited with status " + std::to_string(WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  const char* name = sigabbrev_np(signal);
  return "was killed by signal " + std::to_string(signal) + " (SIG" + (name != nullptr ? name : "?") + ")";
}

bool ChildEnd::was_killed() const {
  return WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
}

bool ChildEnd::wants_another_start() const {
  return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == static_cast<int>(jobs::ExitCode::run_again);
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& extra_environment, const std::string& log_path) {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    throw jobs::Error(jobs::ExitCode::unavailable,
                      std::string("no socket for a renderer: ") + std::strerror(errno));
  }
  socket_ = storage::Descriptor(pair[0]);
  const storage::Descriptor its_socket(pair[1]);
  // What MPI has open must not live on in a renderer.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  const storage::Descriptor log = open_log(log_path);
  SpawnActions actions;
  posix_spawn_file_actions_addopen(actions.get(), 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), log.number(), 1);
  posix_spawn_file_actions_adddup2(actions.get(), log.number(), 2);
  posix_spawn_file_actions_adddup2(actions.get(), its_socket.number(), kChildSocket);
  SpawnAttributes attributes;
  std::vector<std::string> argument_strings = arguments;
  std::vector<std::string> environment_strings = child_environment(extra_environment);
  const int result = posix_spawn(&pid_, arguments.at(0).c_str(), actions.get(), attributes.get(),
                                 pointers(argument_strings).data(), pointers(environment_strings).data());
  if (result != 0) {
    throw jobs::Error(jobs::ExitCode::unavailable, "can't start " + arguments.at(0) + ": " +
                                                       std::strerror(result) +
                                                       "; is it installed beside pia-farmd?");
  }
  fcntl(socket(), F_SETFL, O_NONBLOCK);
}

ChildProcess::~ChildProcess() {
  kill_and_wait();
}

bool ChildProcess::send(const std::string& bytes) {
  unsent_ += bytes;
  return flush();
}

bool ChildProcess::flush() {
  std::size_t sent = 0;
  bool listens = true;
  while (sent < unsent_.size()) {
    const ssize_t n = ::send(socket(), unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      listens = errno == EAGAIN;
      break;
    }
  }
  unsent_.erase(0, listens ? sent : unsent_.size());
  return listens;
}

bool ChildProcess::read_available(std::string& bytes) {
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t n = recv(socket(), buffer.data(), buffer.size(), 0);
    if (n > 0) {
      bytes.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else {
      return n < 0 && errno == EAGAIN;
    }
  }
}

ChildEnd ChildProcess::kill_and_wait() {
  ChildEnd end;
  if (pid_ > 0) {
    // Ended already: the status is the truth. Else the group goes, so that no grandchild stays.
    if (waitpid(pid_, &end.wait_status, WNOHANG) == 0) {
      kill(-pid_, SIGKILL);
      while (waitpid(pid_, &end.wait_status, 0) < 0 && errno == EINTR) {
      }
    } else {
      kill(-pid_, SIGKILL);
    }
    pid_ = -1;
  }
  socket_ = {};
  return end;
}

std::string evidence_of(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::string state = "gone";
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);) {
    const auto open = line.find('(');
    const auto close = line.find(')');
    if (line.rfind("State:", 0) == 0 && open < close && close != std::string::npos) {
      state = line.substr(open + 1, close - open - 1);
    }
  }
  std::string where;
  std::ifstream(folder + "/wchan") >> where;
  return where.empty() || where == "0" ? state : state + " in " + where;
}

}  // namespace pia::farm
