// SPDX-License-Identifier: Apache-2.0
#include "farm/child/disk_patience.hpp"

#include <algorithm>
#include <string>
#include <thread>

namespace pia::farm {

bool patiently(const std::function<void()>& work, const DiskAwaited& sign, const DiskWait& wait) {
  std::chrono::seconds waited{0};
  for (std::chrono::seconds pause{1};; pause = std::min(2 * pause, std::chrono::seconds{60})) {
    try {
      work();
      return true;
    } catch (const jobs::StorageError& error) {
      if (error.error_number() == 0) throw;
      if (!error.is_full_disk() && waited >= wait.patience.for_its_return) throw DiskIsGone(error);
      wait.socket.send(
          Notice{std::string(error.what()) + " (trying again in " + std::to_string(pause.count()) + " s)"});
    }
    for (std::chrono::seconds slept{0}; slept < pause; slept += std::chrono::seconds{1}) {
      wait.socket.send(sign);
      if (wait.stop.asked()) return false;
      std::this_thread::sleep_for(wait.patience.second);
    }
    waited += pause;
  }
}

}  // namespace pia::farm
