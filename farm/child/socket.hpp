// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>

#include "farm/wire.hpp"

namespace pia::farm {

/// The renderer's end of the socket to its supervisor. `send` from any thread, `receive` from one. When the
/// supervisor is gone the process ends at once: nobody would take what it makes.
class SupervisorSocket {
 public:
  explicit SupervisorSocket(int descriptor) : descriptor_(descriptor) {}

  void send(const Message& message);

  enum class Wait { forever, not_at_all };
  std::optional<Message> receive(Wait wait);

  /// A Quit has come in, whoever received it.
  bool quit_asked() const { return quit_asked_; }

 private:
  int descriptor_;
  std::mutex sending_;
  FrameReader reader_{Way::to_renderer};
  bool quit_asked_ = false;
};

}  // namespace pia::farm
