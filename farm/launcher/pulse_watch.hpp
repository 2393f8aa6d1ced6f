// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "farm/listening_clock.hpp"

namespace pia::farm {

/// Listens for rank 0's signs of life (farm/rank/pulse.hpp) in what a generation says on its standard error.
/// Only time in which the launcher listened counts: one that waited for a disk itself blames nobody.
class PulseWatch {
 public:
  /// `unmet`: generations in a row whose ranks were not seen to meet; the next one has more time for it.
  explicit PulseWatch(std::chrono::duration<double> silence, int unmet = 0)
      : silence_(silence), unmet_(unmet) {}

  /// To be called before all that has arrived is heard. `now` is of a monotonic clock.
  void listen(scheduler::TimePoint now) { clock_.listen(now); }

  /// Takes what has arrived, cut anywhere; returns what of it is for people.
  std::string hear(std::string_view text);

  /// Rank 0 is not through, and said nothing for longer than the silence allowed. Its process has ten minutes
  /// to start, and then two, four, eight or at most ten to meet the other ranks.
  bool is_silent() const;

  /// How long it said nothing if it is silent now, at least.
  std::chrono::duration<double> patience() const;

  /// It gave a sign of life after it met the others.
  bool was_heard() const { return heard_; }

  /// Its process runs, or ran.
  bool was_born() const { return born_ || heard_; }

  /// It said that it is through.
  bool is_through() const { return through_; }

  /// It said that the journal holds a lost rank more; true once for all that was said so far.
  bool take_loss() { return std::exchange(loss_, false); }

 private:
  std::chrono::duration<double> silence_;
  int unmet_;
  ListeningClock clock_;
  scheduler::TimePoint heard_at_{0};
  bool born_ = false;
  bool heard_ = false;
  bool through_ = false;
  bool loss_ = false;
  bool after_a_sign_ = false;
};

}  // namespace pia::farm
