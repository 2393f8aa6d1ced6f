// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "storage/descriptor.hpp"

namespace pia::farm {

/// How a child ended, in words: "exited with status 3", "was killed by signal 9 (SIGKILL)".
struct ChildEnd {
  int wait_status = 0;
  std::string in_words() const;

  /// By SIGKILL.
  bool was_killed() const;

  /// Of its own will, because of what surrounds it: jobs::ExitCode::run_again.
  bool wants_another_start() const;
};

/// A child process with a socket to it, in a process group of its own. The child finds the socket as
/// descriptor 3 (a renderer sees to it that it dies with its parent); SIGINT, SIGTERM, SIGUSR1, SIGUSR2 and
/// SIGHUP are blocked in it. The destructor kills the group and waits. One thread; spawn from the main
/// thread.
class ChildProcess {
 public:
  /// `extra_environment` holds "NAME=value"; variables of MPI and Slurm steps are scrubbed. stdin is
  /// /dev/null, stdout and stderr are appended to `log_path` (lost, if it can't be opened). Throws
  /// jobs::Error(unavailable) if the program can't be started.
  ChildProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& extra_environment,
               const std::string& log_path);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  int socket() const { return socket_.number(); }
  int pid() const { return pid_; }

  /// Never waits: what the child does not take yet is kept for flush. False if it no longer listens (its end
  /// is reported by read_available).
  bool send(const std::string& bytes);

  /// Sends what it takes now of what was kept; the same answer.
  bool flush();

  /// Something is kept for it: its socket is worth polling for writing.
  bool has_unsent() const { return !unsent_.empty(); }

  /// Appends what can be read now to `bytes`; false once the child closed its end.
  bool read_available(std::string& bytes);

  /// Kills the whole group (if it still lives) and waits for the child.
  ChildEnd kill_and_wait();

 private:
  storage::Descriptor socket_;
  int pid_ = -1;
  std::string unsent_;
};

/// What the kernel shows of a process that does not answer: "sleeping in hrtimer_nanosleep".
std::string evidence_of(int pid);

}  // namespace pia::farm
