// SPDX-License-Identifier: Apache-2.0
#include "farm/reporter.hpp"

#include <signal.h>

#include <algorithm>
#include <exception>

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kShareOfTime = 50;

/// A thread that takes none of the process's signals: they end it, or are for somebody else to take.
std::thread thread_without_signals(const std::function<void()>& life) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(life);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

/// What went wrong; no run ends for want of a report.
std::string try_to_write(const Reports& reports, const ReportMoment& moment) {
  try {
    return reports.write(moment);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

void write_last_report(const Reports& reports, std::uint64_t epoch, Watcher& watcher) {
  if (!reports.write) return;
  const std::string trouble = try_to_write(reports, {.epoch = epoch, .run = ReportMoment::Run::is_over});
  if (!trouble.empty()) watcher.notice(trouble);
}

Reporter::Reporter(const Reports& reports, std::uint64_t epoch) : reports_(reports), epoch_(epoch) {
  if (reports_.write) thread_ = thread_without_signals([this] { live(); });
}

void Reporter::live() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    lock.unlock();
    const auto began = Clock::now();
    // Trouble with one that is soon replaced is nobody's business; the last one tells.
    try_to_write(reports_, {.epoch = epoch_, .run = ReportMoment::Run::goes_on});
    const Clock::duration pause =
        std::max<Clock::duration>(reports_.every, kShareOfTime * (Clock::now() - began));
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return over_; });
  }
}

void Reporter::stop() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Reporter::finish(Watcher& watcher) {
  stop();
  write_last_report(reports_, epoch_, watcher);
}

}  // namespace pia::farm
