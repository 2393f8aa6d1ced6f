// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/programs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "farm/child_process.hpp"
#include "jobs/core/error.hpp"

extern char** environ;

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& extra) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  environment.insert(environment.end(), extra.begin(), extra.end());
  return environment;
}

struct Outputs {
  int output = -1;
  int errors = -1;
};

/// Starts a program with all signals at their defaults and these outputs. Returns its process id, or minus
/// errno.
int spawn(std::vector<std::string> words, std::vector<std::string> environment, const Outputs& to) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, to.output, 1);
  posix_spawn_file_actions_adddup2(&actions, to.errors, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t pipe;
  sigemptyset(&none);
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int pid = -1;
  const int error = posix_spawnp(&pid, words.at(0).c_str(), &actions, &attributes, pointers(words).data(),
                                 pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -error;
}

int wait_for(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// Reads until the end; false if that takes too long.
bool read_all(int descriptor, std::chrono::seconds patience, std::string& text) {
  const auto deadline = Clock::now() + patience;
  std::array<char, 65536> buffer{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (left <= 0) return false;
    if (poll(&waiting, 1, static_cast<int>(left)) < 0 && errno == EINTR) continue;
    if (waiting.revents == 0) return false;
    const ssize_t n = read(descriptor, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace

std::optional<ProgramEnd> run_program(const std::vector<std::string>& words, std::chrono::seconds patience) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return std::nullopt;
  const int pid = spawn(words, environment_with({}), {pipe[1], pipe[1]});
  close(pipe[1]);
  ProgramEnd end;
  const bool ended = pid > 0 && read_all(pipe[0], patience, end.output);
  close(pipe[0]);
  if (pid <= 0) return std::nullopt;
  if (!ended) kill(pid, SIGKILL);
  const int status = wait_for(pid);
  if (!ended) return std::nullopt;
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

storage::Descriptor OutputPipe::open() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  descriptor_ = storage::Descriptor(ends[0]);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return storage::Descriptor(ends[1]);
}

std::string OutputPipe::read() {
  if (descriptor() < 0) return "";
  std::string text(std::size_t{1} << 16U, '\0');
  const ssize_t count = ::read(descriptor(), text.data(), text.size());
  if (count == 0) descriptor_ = {};
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

RunningProgram::RunningProgram(const std::vector<std::string>& words,
                               const std::vector<std::string>& extra_environment) {
  {
    const auto output = output_.open();
    const auto errors = errors_.open();
    const Outputs to{output.number(), errors.number()};
    pid_ = to.output < 0 || to.errors < 0 ? -errno : spawn(words, environment_with(extra_environment), to);
  }
  if (pid_ > 0) descriptor_ = storage::Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (pid_ > 0 && descriptor() >= 0) return;
  const std::string why = std::strerror(pid_ > 0 ? errno : -pid_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    wait_for(pid_);
  }
  throw jobs::Error(jobs::ExitCode::unavailable,
                    "can't start " + words.at(0) + ": " + why + "; is it on PATH on this node?");
}

RunningProgram::~RunningProgram() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    wait_for(pid_);
  }
}

void RunningProgram::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

std::string RunningProgram::wait() {
  const ChildEnd end{.wait_status = wait_for(pid_)};
  pid_ = -1;
  return end.in_words();
}

}  // namespace pia::farm
