// SPDX-License-Identifier: Apache-2.0
#include "farm/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include "jobs/core/error.hpp"

namespace pia::farm {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP}) sigaddset(&set, signal);
  return set;
}

StopSignals::StopSignals(Afterwards afterwards) : afterwards_(afterwards) {
  const sigset_t set = stop_signals();
  sigprocmask(SIG_BLOCK, &set, &before_);
  descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  PIA_ASSERT(descriptor_ >= 0);
}

StopSignals::~StopSignals() {
  if (afterwards_ == Afterwards::what_they_did) {
    // Those that came already were meant for what is over.
    take_each();
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  close(descriptor_);
}

std::vector<int> StopSignals::take_each() {
  std::vector<int> signals;
  signalfd_siginfo info{};
  while (read(descriptor_, &info, sizeof info) == sizeof info)
    signals.push_back(static_cast<int>(info.ssi_signo));
  return signals;
}

int StopSignals::take() {
  return static_cast<int>(take_each().size());
}

}  // namespace pia::farm
