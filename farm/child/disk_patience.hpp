// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

#include "farm/child/stop_request.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {

/// How long an attempt waits for a disk. Between tries it pauses 1, 2, 4 ... 60 seconds.
struct DiskPatience {
  std::chrono::milliseconds second{1000};    ///< what it takes for a second; tests are in a hurry
  std::chrono::seconds for_its_return{600};  ///< a disk that is away or faulty; a full one is waited for
};

/// What a wait needs; all of it outlives it.
struct DiskWait {
  SupervisorSocket& socket;
  StopRequest& stop;
  DiskPatience patience = {};
};

/// The disk was away for too long; nothing is wrong with the shot.
class DiskIsGone : public jobs::StorageError {
 public:
  explicit DiskIsGone(const jobs::StorageError& last) : StorageError(last.what(), last.error_number()) {}
};

/// Does `work`, again and again while it throws jobs::StorageError with an errno; what it works on stays in
/// memory meanwhile. The supervisor hears why, and each second that this is no hang. False if a stop was
/// asked for first; throws DiskIsGone when patience ends, and whatever else `work` throws.
bool patiently(const std::function<void()>& work, const DiskAwaited& sign, const DiskWait& wait);

}  // namespace pia::farm
