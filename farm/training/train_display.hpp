// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "farm/watcher.hpp"
#include "farm/watchers/stream.hpp"
#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// What people see of a training: on a terminal one line that is kept up to date, elsewhere a plain line
/// every half minute and what happens. Times are seconds of one monotonic clock.
class TrainDisplay : public Watcher {
 public:
  enum class Form { terminal, plain, quiet };
  TrainDisplay(Stream& out, Form form) : out_(out), form_(form) {}

  /// A line about something that happened.
  void say(const std::string& line);
  void notice(const std::string& sentence) override { say(sentence); }

  /// Steps begin, or begin again, from `step`.
  void begin(std::int64_t step, std::int64_t steps, double now);
  void step_done(const renderer::StepReport& report, double now);

  /// The progress line goes away.
  void end();

 private:
  std::string progress(double now) const;

  Stream& out_;
  Form form_;
  std::int64_t steps_ = 0;
  std::int64_t first_ = 0;
  double begun_ = 0;
  double shown_ = 0;
  bool has_line_ = false;
  double loss_ = 0;  ///< a running mean
  renderer::StepReport last_;
};

}  // namespace pia::farm
