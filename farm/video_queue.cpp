// SPDX-License-Identifier: Apache-2.0
#include "farm/video_queue.hpp"

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr int kMostTries = 2;

}  // namespace

void VideoQueue::add(const std::vector<jobs::ShotId>& shots) {
  waiting_.insert(waiting_.end(), shots.begin(), shots.end());
}

jobs::ShotId VideoQueue::hand_out(scheduler::WorkerId worker, scheduler::TimePoint now) {
  PIA_ASSERT(waiting());
  const jobs::ShotId shot = waiting_.front();
  waiting_.pop_front();
  began(shot, worker, now);
  return shot;
}

void VideoQueue::began(const jobs::ShotId& shot, scheduler::WorkerId worker, scheduler::TimePoint now) {
  making_[shot] = {worker, now};
}

void VideoQueue::put_back(const jobs::ShotId& shot) {
  making_.erase(shot);
  waiting_.push_front(shot);
}

std::vector<jobs::ShotId> VideoQueue::take_back(scheduler::WorkerId worker) {
  std::vector<jobs::ShotId> given_up;
  for (auto at = making_.begin(); at != making_.end();) {
    if (at->second.worker != worker) {
      ++at;
      continue;
    }
    const jobs::ShotId shot = at->first;
    at = making_.erase(at);
    if (++tries_[shot] < kMostTries) {
      waiting_.push_back(shot);
    } else {
      given_up.push_back(shot);
    }
  }
  return given_up;
}

std::map<scheduler::WorkerId, jobs::ShotId> VideoQueue::overdue(scheduler::TimePoint now,
                                                                scheduler::TimePoint patience) const {
  std::map<scheduler::WorkerId, jobs::ShotId> late;
  for (const auto& [shot, making] : making_) {
    if (now - making.since > patience) late.emplace(making.worker, shot);
  }
  return late;
}

}  // namespace pia::farm
