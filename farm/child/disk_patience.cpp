// SPDX-License-Identifier: Apache-2.0
#include "farm/child/disk_patience.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

/// Says each second that work on a slow disk is no hang, for as long as a disk is waited for.
class SignOfLife {
 public:
  SignOfLife(const DiskAwaited& sign, const DiskWait& wait)
      : thread_([this, sign, wait] { live(sign, wait); }) {}
  SignOfLife(const SignOfLife&) = delete;
  SignOfLife& operator=(const SignOfLife&) = delete;
  ~SignOfLife() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void live(const DiskAwaited& sign, const DiskWait& wait) {
    std::unique_lock lock(mutex_);
    for (std::chrono::seconds lived{0}; lived < wait.patience.for_its_return; ++lived) {
      if (changed_.wait_for(lock, wait.patience.second, [this] { return over_; })) return;
      wait.socket.send(sign);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

void work_with_sign(const std::function<void()>& work, const DiskAwaited& sign, const DiskWait& wait) {
  const SignOfLife alive(sign, wait);
  work();
}

}  // namespace

bool patiently(const std::function<void()>& work, const DiskAwaited& sign, const DiskWait& wait) {
  const auto began = Clock::now();
  for (std::chrono::seconds pause{1};; pause = std::min(2 * pause, std::chrono::seconds{60})) {
    try {
      work_with_sign(work, sign, wait);
      return true;
    } catch (const jobs::StorageError& error) {
      if (error.error_number() == 0) throw;
      const bool too_long =
          (Clock::now() - began) / wait.patience.second >= wait.patience.for_its_return.count();
      if (!error.is_full_disk() && too_long) throw DiskIsGone(error);
      wait.socket.send(
          Notice{std::string(error.what()) + " (trying again in " + std::to_string(pause.count()) + " s)"});
    }
    for (std::chrono::seconds slept{0}; slept < pause; slept += std::chrono::seconds{1}) {
      wait.socket.send(sign);
      if (wait.stop.asked()) return false;
      std::this_thread::sleep_for(wait.patience.second);
    }
  }
}

}  // namespace pia::farm
