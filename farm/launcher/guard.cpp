// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/guard.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "farm/child_process.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/signals.hpp"
#include "storage/descriptor.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

/// In the child: its errors are told by main, as anybody's.
ExitCode live_as_launcher(int guard, const std::function<ExitCode()>& launcher) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != guard) return ExitCode::run_again;
  return launcher();
}

/// By a fault of its own, that it would commit again.
bool has_crashed(int status) {
  const int signal = WTERMSIG(status);
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGABRT;
}

ExitCode after_a_kill(const std::string& job, int status) {
  const std::string how = ChildEnd{.wait_status = status}.in_words();
  if (has_crashed(status)) {
    std::fprintf(
        stderr,
        "pia-farm: the launcher %s: that is a fault of pia-farm's, and the job is not run again; the same "
        "command goes on from what is kept\n",
        how.c_str());
    return ExitCode::internal;
  }
  const std::string refusal = request_requeue(job);
  if (refusal.empty()) {
    std::fprintf(stderr, "pia-farm: the launcher %s; Slurm runs the job again\n", how.c_str());
  } else {
    std::fprintf(
        stderr, "pia-farm: the launcher %s, and the job can't be requeued (%s); run the same command again\n",
        how.c_str(), refusal.c_str());
  }
  return ExitCode::run_again;
}

}  // namespace

ExitCode guarded(const std::string& job, const std::function<ExitCode()>& launcher) {
  StopSignals signals;
  const int guard = getpid();
  const pid_t child = fork();
  if (child < 0) return launcher();
  if (child == 0) return live_as_launcher(guard, launcher);
  const storage::Descriptor ended(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    pollfd watched[] = {{.fd = signals.descriptor(), .events = POLLIN, .revents = 0},
                        {.fd = ended.number(), .events = POLLIN, .revents = 0}};
    poll(watched, 2, 1000);
    for (const int signal : signals.take_each()) kill(child, signal);
  }
  return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status)) : after_a_kill(job, status);
}

}  // namespace pia::farm
