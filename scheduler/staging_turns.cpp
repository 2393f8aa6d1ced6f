// SPDX-License-Identifier: Apache-2.0
#include "scheduler/staging_turns.hpp"

#include <algorithm>

namespace pia::scheduler {

void StagingTurns::ask(WorkerId worker) {
  const bool waits = std::find(waiting_.begin(), waiting_.end(), worker) != waiting_.end();
  if (!waits && !reading_.contains(worker)) waiting_.push_back(worker);
}

void StagingTurns::end(WorkerId worker) {
  reading_.erase(worker);
  std::erase(waiting_, worker);
}

std::vector<WorkerId> StagingTurns::begun() {
  std::vector<WorkerId> fresh;
  while (!waiting_.empty() && reading_.size() < kAtATime) {
    fresh.push_back(waiting_.front());
    reading_.insert(waiting_.front());
    waiting_.pop_front();
  }
  return fresh;
}

}  // namespace pia::scheduler
