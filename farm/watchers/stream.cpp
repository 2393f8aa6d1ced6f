// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/stream.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pia::farm {
namespace {

constexpr std::size_t kMostPending = std::size_t{1} << 20U;
/// A pipe that is ready for writing takes this much without blocking (PIPE_BUF).
constexpr std::size_t kPiece = 4096;

}  // namespace

bool Stream::writable(std::chrono::milliseconds patience) const {
  pollfd watched{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  return poll(&watched, 1, static_cast<int>(patience.count())) > 0 &&
         (watched.revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
}

bool Stream::write_some() {
  const std::string& oldest = pending_.front();
  const ssize_t count =
      write(descriptor_, oldest.data() + written_, std::min(oldest.size() - written_, kPiece));
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return errno == EINTR;
  if (count < 0) {
    drop_all();
    return false;
  }
  written_ += static_cast<std::size_t>(count);
  if (written_ == oldest.size()) {
    size_ -= written_;
    written_ = 0;
    pending_.pop_front();
  }
  return true;
}

void Stream::drop_all() {
  pending_.clear();
  written_ = size_ = 0;
}

void Stream::drop_oldest() {
  const std::size_t begun = written_ > 0 ? 1 : 0;
  while (size_ > kMostPending && pending_.size() > begun + 1) {
    const auto oldest = pending_.begin() + static_cast<std::ptrdiff_t>(begun);
    size_ -= oldest->size();
    pending_.erase(oldest);
  }
}

void Stream::put(std::string_view text) {
  if (text.empty()) return;
  pending_.emplace_back(text);
  size_ += text.size();
  flush();
  drop_oldest();
}

bool Stream::flush() {
  while (!pending_.empty() && writable(std::chrono::milliseconds(0)) && write_some()) {
  }
  return pending_.empty();
}

void Stream::finish(std::chrono::milliseconds patience) {
  while (!pending_.empty() && writable(patience) && write_some()) {
  }
}

void Stream::break_off(std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + time;
  const auto left = [&] { return std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()); };
  while (!pending_.empty() && left().count() > 0 && writable(left()) && write_some()) {
  }
  drop_all();
}

}  // namespace pia::farm
