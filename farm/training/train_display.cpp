// SPDX-License-Identifier: Apache-2.0
#include "farm/training/train_display.hpp"

#include <array>
#include <cstdio>

#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr double kTerminalSeconds = 0.25;
constexpr double kPlainSeconds = 30;
constexpr double kOldLoss = 0.98;

}  // namespace

void TrainDisplay::say(const std::string& line) {
  if (has_line_) out_.put("\r\x1b[K");
  has_line_ = false;
  out_.put(printable(line) + "\n");
}

void TrainDisplay::begin(std::int64_t step, std::int64_t steps, double now) {
  first_ = step;
  steps_ = steps;
  begun_ = shown_ = now;
  last_ = {.step = step};
}

std::string TrainDisplay::progress(double now) const {
  const double rate = static_cast<double>(last_.step - first_) / std::max(now - begun_, 1e-9);
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), "step %lld of %lld  loss %.4g  %.3g steps/s  %s left",
                static_cast<long long>(last_.step), static_cast<long long>(steps_), loss_, rate,
                duration_words(static_cast<double>(steps_ - last_.step) / rate).c_str());
  return text.data();
}

void TrainDisplay::step_done(const renderer::StepReport& report, double now) {
  loss_ = last_.step == first_ ? report.loss : kOldLoss * loss_ + (1 - kOldLoss) * report.loss;
  last_ = report;
  const double patience = form_ == Form::terminal ? kTerminalSeconds : kPlainSeconds;
  if (form_ == Form::quiet || now - shown_ < patience) return;
  shown_ = now;
  if (form_ == Form::plain) return say(progress(now));
  out_.put("\r\x1b[K" + progress(now));
  has_line_ = true;
}

void TrainDisplay::end() {
  if (has_line_) out_.put("\r\x1b[K");
  has_line_ = false;
}

}  // namespace pia::farm
