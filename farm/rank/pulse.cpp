// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/pulse.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kDiskPatience{10};
constexpr std::chrono::seconds kFarewellPatience{5};

bool say_to(int descriptor, char sign, std::chrono::milliseconds patience) {
  pollfd watched{.fd = descriptor, .events = POLLOUT, .revents = 0};
  if (poll(&watched, 1, static_cast<int>(patience.count())) <= 0) return false;
  const std::array<char, 2> line = {sign, '\n'};
  // A reader that is gone is told by its own end.
  return write(descriptor, line.data(), line.size()) > 0;
}

}  // namespace

void say_rank_zero_is_born(int descriptor) {
  say_to(descriptor, kBornSign, kFarewellPatience);
}

Pulse::Pulse(int descriptor, std::chrono::duration<double> every)
    : descriptor_(descriptor), every_(every), thread_([this] { live(); }) {}

Pulse::~Pulse() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
  say(kThroughSign, kFarewellPatience);
}

void Pulse::live() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (goes_round()) say_it_lives();
    changed_.wait_for(lock, every_, [this] { return over_; });
  }
}

void Pulse::say_it_lives() {
  const bool loss = loss_.exchange(false);
  if (!say(loss ? kLossSign : kAliveSign, std::chrono::milliseconds(0)) && loss) loss_ = true;
}

bool Pulse::goes_round() {
  const unsigned turns = turns_;
  if (turns != seen_turns_) turned_ = Clock::now();
  seen_turns_ = turns;
  return Clock::now() - turned_ < kDiskPatience;
}

bool Pulse::say(char sign, std::chrono::milliseconds patience) const {
  return say_to(descriptor_, sign, patience);
}

}  // namespace pia::farm
