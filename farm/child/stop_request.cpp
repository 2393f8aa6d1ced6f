// SPDX-License-Identifier: Apache-2.0
#include "farm/child/stop_request.hpp"

namespace pia::farm {

bool StopRequest::asked() {
  while (const auto message = socket_.receive(SupervisorSocket::Wait::not_at_all)) {
    const auto* stop = std::get_if<StopShot>(&*message);
    if (stop != nullptr && stop->shot == shot_) asked_ = true;
  }
  return asked_ || socket_.quit_asked();
}

}  // namespace pia::farm
