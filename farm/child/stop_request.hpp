// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/child/socket.hpp"

namespace pia::farm {

/// Whether the supervisor wants a shot to stop; once yes, always yes. One thread: it reads the socket.
class StopRequest {
 public:
  /// `socket` must outlive it.
  StopRequest(SupervisorSocket& socket, const jobs::ShotId& shot) : socket_(socket), shot_(shot) {}

  /// Reads what has come in. Asked to end, the process stops its shot first.
  bool asked();

 private:
  SupervisorSocket& socket_;
  jobs::ShotId shot_;
  bool asked_ = false;
};

}  // namespace pia::farm
