// SPDX-License-Identifier: Apache-2.0
#include "farm/outbox.hpp"

#include <algorithm>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// A disk that is away; one that is full is waited for.
constexpr std::chrono::minutes kPatience{10};
constexpr std::chrono::seconds kLongestPause{60};

bool ends_something(const Message& message) {
  return std::holds_alternative<StopShot>(message) || std::holds_alternative<KillRenderer>(message);
}

}  // namespace

bool Outbox::make_durable(scheduler::TimePoint now, Release& release) {
  if (!journal_.dirty()) return true;
  if (trouble_ && now < trouble_->retry) return false;
  try {
    journal_.commit();
    trouble_.reset();
    return true;
  } catch (const jobs::StorageError& error) {
    if (!trouble_) trouble_ = Trouble{.since = now, .retry = now};
    trouble_->pause = std::clamp(2 * trouble_->pause, std::chrono::seconds(1), kLongestPause);
    trouble_->retry = now + trouble_->pause;
    release.complaint = error.what();
    release.away_too_long = !error.is_full_disk() && now - trouble_->since >= kPatience;
    return false;
  }
}

Outbox::Release Outbox::release(scheduler::TimePoint now) {
  Release release;
  const bool durable = make_durable(now, release);
  std::deque<Addressed> still_held;
  for (Addressed& one : held_) {
    if (durable || ends_something(one.second)) {
      release.messages.push_back(std::move(one));
    } else {
      still_held.push_back(std::move(one));
    }
  }
  held_ = std::move(still_held);
  return release;
}

}  // namespace pia::farm
