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

  /// That attempt's turn to read the shared disk has come, whoever received the word.
  bool may_stage(const jobs::ShotId& shot, int attempt) const {
    return turn_ && turn_->shot == shot && turn_->attempt == attempt;
  }

  /// A Quit has come in, whoever received it.
  bool quit_asked() const { return quit_asked_; }

 private:
  int descriptor_;
  std::mutex sending_;
  FrameReader reader_{Way::to_renderer};
  bool quit_asked_ = false;
  std::optional<StagingBegins> turn_;
};

}  // namespace pia::farm
