// SPDX-License-Identifier: Apache-2.0
#include "farm/silence_watch.hpp"

#include <algorithm>

namespace pia::farm {
namespace {

using scheduler::WorkerId;

constexpr std::chrono::seconds kLongestTurn{1};
constexpr std::chrono::minutes kDiskPatience{10};

}  // namespace

SilenceWatch::SilenceWatch(std::optional<std::chrono::duration<double>> limit, int workers) : limit_(limit) {
  for (int i = 0; limit_ && i < workers; ++i) heard_[WorkerId{i}] = {};
}

void SilenceWatch::listen(scheduler::TimePoint now) {
  if (last_) listened_ += std::clamp<std::chrono::nanoseconds>(now - *last_, {}, kLongestTurn);
  last_ = now;
}

void SilenceWatch::heard_of(WorkerId worker) {
  const auto found = heard_.find(worker);
  if (found != heard_.end()) found->second = {.at = listened_};
}

void SilenceWatch::let_wait(WorkerId worker) {
  const auto found = heard_.find(worker);
  if (found != heard_.end()) found->second = {.at = listened_, .waits_for_disk = true};
}

void SilenceWatch::forget(WorkerId worker) {
  heard_.erase(worker);
}

std::vector<WorkerId> SilenceWatch::silent() const {
  std::vector<WorkerId> found;
  for (const auto& [worker, heard] : heard_) {
    const std::chrono::duration<double> patience =
        heard.waits_for_disk ? std::max<std::chrono::duration<double>>(*limit_, kDiskPatience) : *limit_;
    if (listened_ - heard.at > patience) found.push_back(worker);
  }
  return found;
}

}  // namespace pia::farm
