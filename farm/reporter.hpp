// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "farm/watcher.hpp"

namespace pia::farm {

/// When a report is written, and by whom.
struct ReportMoment {
  std::uint64_t epoch = 0;  ///< of the lease that the writer holds
  enum class Run { goes_on, is_over } run = Run::is_over;
};

/// Writes the report of a run directory. Returns an empty text, or why that can't be done. Called from one
/// thread at a time, but from any.
using WriteReport = std::function<std::string(const ReportMoment&)>;

struct Reports {
  WriteReport write = {};                                     ///< empty: none are
  std::chrono::milliseconds every = std::chrono::minutes(1);  ///< and at most a fiftieth of the time
};

/// Writes the report of a run that is over, while the lease is still held; trouble with it is a notice: no
/// run fails for want of a report.
void write_last_report(const Reports& reports, std::uint64_t epoch, Watcher& watcher);

/// Writes reports while a run goes on: at once, for what a start that was killed left, then now and then, and
/// the last one at its end. In a thread of its own, so that no shot waits for one. To be made by the process
/// that holds the lease, for as long as it holds it.
class Reporter {
 public:
  Reporter(const Reports& reports, std::uint64_t epoch);
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  ~Reporter() { stop(); }  ///< waits for one at hand; writes no other

  void finish(Watcher& watcher);  ///< writes the last one: write_last_report

 private:
  void live();
  void stop();

  Reports reports_;
  std::uint64_t epoch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace pia::farm
