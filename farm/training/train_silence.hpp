// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "farm/listening_clock.hpp"

namespace pia::farm {

/// Tells processes that hang from processes that work: those say something a step, and while they look at
/// what is learnt. Reading a long list of videos or writing the model takes its time, so the least silence
/// that tells is long, and six times as long before a start's first step.
class TrainSilence {
 public:
  explicit TrainSilence(scheduler::TimePoint least) : least_(least) {}

  /// To be called often; what was said since the last call follows it.
  void listen(scheduler::TimePoint now) { clock_.listen(now); }

  /// Other processes begin. How long a step takes is known from those before.
  void begin() {
    has_begun_ = false;
    heard();
  }

  /// Something else than a step: what lies between two steps then is no step's time.
  void heard() {
    last_word_ = clock_.time();
    last_step_.reset();
  }

  void heard_of_a_step() {
    if (last_step_) longest_step_ = std::max(longest_step_, clock_.time() - *last_step_);
    last_word_ = clock_.time();
    last_step_ = last_word_;
    has_begun_ = true;
  }

  scheduler::TimePoint limit() const {
    return std::max(has_begun_ ? least_ : kBeginning * least_, kSteps * longest_step_);
  }
  bool is_too_long() const { return clock_.time() - last_word_ > limit(); }

 private:
  static constexpr int kSteps = 20;
  static constexpr int kBeginning = 6;
  ListeningClock clock_;
  scheduler::TimePoint least_;
  scheduler::TimePoint last_word_{0};
  scheduler::TimePoint longest_step_{0};
  std::optional<scheduler::TimePoint> last_step_;
  bool has_begun_ = false;
};

}  // namespace pia::farm
