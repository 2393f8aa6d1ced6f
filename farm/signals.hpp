// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <vector>

namespace pia::farm {

/// SIGINT, SIGTERM, SIGUSR1, SIGUSR2 and SIGHUP: what people, terminals and Slurm ask to stop with.
sigset_t stop_signals();

/// Takes SIGINT, SIGTERM, SIGUSR1, SIGUSR2 and SIGHUP of this process as data from a descriptor. Make one
/// before any thread starts. While it lives those signals do nothing else.
class StopSignals {
 public:
  /// What they do after its life.
  enum class Afterwards {
    nothing,       ///< where Slurm may still warn a process that is through
    what_they_did  ///< a person may want to end at once what is left
  };
  explicit StopSignals(Afterwards afterwards = Afterwards::nothing);
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  int descriptor() const { return descriptor_; }

  /// How many came since the last call.
  int take();

  /// Which ones came since the last call.
  std::vector<int> take_each();

 private:
  Afterwards afterwards_;
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace pia::farm
