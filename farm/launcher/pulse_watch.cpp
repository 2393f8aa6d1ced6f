// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/pulse_watch.hpp"

#include <algorithm>

#include "farm/rank/pulse.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::minutes kStartPatience{10};
// Slurm starts the others at about the same time, and MPI's handshake is a matter of seconds, or of nothing
// at all.
constexpr std::chrono::minutes kMeetingPatience{2};

}  // namespace

std::string PulseWatch::hear(std::string_view text) {
  std::string rest;
  rest.reserve(text.size());
  for (const char one : text) {
    const bool sign = one == kBornSign || one == kAliveSign || one == kLossSign || one == kThroughSign;
    if (sign) {
      born_ |= one == kBornSign;
      heard_ |= one != kBornSign;
      heard_at_ = clock_.time();
      through_ |= one == kThroughSign;
      loss_ |= one == kLossSign;
    } else if (one != '\n' || !after_a_sign_) {
      rest += one;
    }
    after_a_sign_ = sign;
  }
  return rest;
}

std::chrono::duration<double> PulseWatch::patience() const {
  if (heard_) return silence_;
  constexpr int kMostDoublings = 3;
  const auto meeting =
      std::min(kMeetingPatience * (1 << std::clamp(unmet_, 0, kMostDoublings)), kStartPatience);
  const std::chrono::duration<double> start = born_ ? meeting : kStartPatience;
  return std::max(silence_, start);
}

bool PulseWatch::is_silent() const {
  return !through_ && clock_.time() - heard_at_ > patience();
}

}  // namespace pia::farm
