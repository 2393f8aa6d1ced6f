// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/pulse_watch.hpp"

#include <algorithm>

#include "farm/rank/pulse.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::minutes kStartPatience{10};

}  // namespace

std::string PulseWatch::hear(std::string_view text) {
  std::string rest;
  rest.reserve(text.size());
  for (const char one : text) {
    const bool sign = one == kAliveSign || one == kLossSign || one == kThroughSign;
    if (sign) {
      heard_ = true;
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

bool PulseWatch::is_silent() const {
  const std::chrono::duration<double> start = kStartPatience;
  return !through_ && clock_.time() - heard_at_ > (heard_ ? silence_ : std::max(silence_, start));
}

}  // namespace pia::farm
