// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace pia::farm {

/// Takes SIGINT, SIGTERM, SIGUSR1, SIGUSR2 and SIGHUP of this process as data from a descriptor. Make one
/// before any thread starts. While it lives those signals do nothing else.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  int descriptor() const { return descriptor_; }

  /// How many came since the last call.
  int take();

  /// Which ones came since the last call.
  std::vector<int> take_each();

 private:
  int descriptor_ = -1;
};

}  // namespace pia::farm
