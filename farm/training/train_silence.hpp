// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "farm/listening_clock.hpp"

namespace pia::farm {

/// Tells processes that hang from processes that work: those say something a step. A sample sheet, a long
/// list of videos or the writing of the model take their time, so that the least silence that tells is long.
class TrainSilence {
 public:
  explicit TrainSilence(scheduler::TimePoint least) : least_(least) {}

  /// To be called often; what was said since the last call follows it.
  void listen(scheduler::TimePoint now) { clock_.listen(now); }

  void heard() { last_word_ = clock_.time(); }

  void heard_of_a_step() {
    if (last_step_) longest_step_ = std::max(longest_step_, clock_.time() - *last_step_);
    last_step_ = clock_.time();
    heard();
  }

  scheduler::TimePoint limit() const { return std::max(least_, kSteps * longest_step_); }
  bool is_too_long() const { return clock_.time() - last_word_ > limit(); }

 private:
  static constexpr int kSteps = 20;
  ListeningClock clock_;
  scheduler::TimePoint least_;
  scheduler::TimePoint last_word_{0};
  scheduler::TimePoint longest_step_{0};
  std::optional<scheduler::TimePoint> last_step_;
};

}  // namespace pia::farm
