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
constexpr int kLastPatienceMs = 2000;

}  // namespace

bool Stream::writable(int timeout_ms) const {
  pollfd watched{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  return poll(&watched, 1, timeout_ms) > 0 && (watched.revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
}

bool Stream::write_some() {
  const ssize_t count = write(descriptor_, pending_.data(), std::min(pending_.size(), kPiece));
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return errno == EINTR;
  if (count < 0) {
    pending_.clear();
    return false;
  }
  pending_.erase(0, static_cast<std::size_t>(count));
  return true;
}

void Stream::put(std::string_view text) {
  pending_ += text;
  flush();
  if (pending_.size() > kMostPending) pending_.erase(0, pending_.size() - kMostPending);
}

bool Stream::flush() {
  while (!pending_.empty() && writable(0) && write_some()) {
  }
  return pending_.empty();
}

void Stream::finish() {
  while (!pending_.empty() && writable(kLastPatienceMs) && write_some()) {
  }
}

}  // namespace pia::farm
