// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/error.hpp"

namespace pia::storage {

/// A newer lease owns the run directory: whoever sees this stops without writing. Not a StorageError: trying
/// again does not help.
class FencedOff : public jobs::Error {
 public:
  FencedOff()
      : Error(jobs::ExitCode::unavailable,
              "another pia-farm has taken over this run directory; this one stops without writing") {}
};

}  // namespace pia::storage
