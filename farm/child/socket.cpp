// SPDX-License-Identifier: Apache-2.0
#include "farm/child/socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "jobs/core/exit_code.hpp"

namespace pia::farm {
namespace {

[[noreturn]] void end_without_supervisor() {
  _exit(static_cast<int>(jobs::ExitCode::run_again));
}

}  // namespace

void SupervisorSocket::send(const Message& message) {
  const std::string frame = encode(message);
  const std::lock_guard lock(sending_);
  std::size_t sent = 0;
  while (sent < frame.size()) {
    const ssize_t n = ::send(descriptor_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      end_without_supervisor();
    }
  }
}

std::optional<Message> SupervisorSocket::receive(Wait wait) {
  std::array<char, 65536> buffer{};
  while (true) {
    if (auto message = reader_.next()) {
      quit_asked_ |= std::holds_alternative<Quit>(*message);
      if (const auto* turn = std::get_if<StagingBegins>(&*message)) turn_ = *turn;
      return message;
    }
    const ssize_t n =
        recv(descriptor_, buffer.data(), buffer.size(), wait == Wait::not_at_all ? MSG_DONTWAIT : 0);
    if (n > 0) {
      reader_.feed({buffer.data(), static_cast<std::size_t>(n)});
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
      end_without_supervisor();
    } else if (errno == EAGAIN) {
      return std::nullopt;
    }
  }
}

}  // namespace pia::farm
