// SPDX-License-Identifier: Apache-2.0
#include "farm/child/background.hpp"

namespace pia::farm {

Background::Background(std::size_t longest_queue)
    : longest_queue_(longest_queue), thread_([this] { work(); }) {}

Background::~Background() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Background::post(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() < longest_queue_; });
  waiting_.push_back(std::move(task));
  changed_.notify_all();
}

void Background::drop_waiting() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  changed_.notify_all();
}

void Background::wait_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && !busy_; });
}

void Background::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::function<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    task();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace pia::farm
