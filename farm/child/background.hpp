// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace pia::farm {

/// A thread that does tasks in order, off the render thread. Tasks must not throw. `post` and `wait_idle`
/// from any thread. The destructor finishes what is queued.
class Background {
 public:
  /// At most `longest_queue` tasks wait; `post` then blocks, which bounds the memory they hold.
  explicit Background(std::size_t longest_queue);
  ~Background();

  void post(std::function<void()> task);

  /// Drops tasks that have not begun.
  void drop_waiting();

  void wait_idle();

 private:
  void work();

  std::size_t longest_queue_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool busy_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace pia::farm
