// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "farm/clocks.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/commands/status_facts.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/run_history.hpp"
#include "farm/watchers/follow.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::seconds kLook{1};
constexpr std::chrono::minutes kBeatPatience{2};
/// Reading a long journal again takes at most a part of the time.
constexpr int kShareOfTime = 10;

scheduler::TimePoint now_on_the_wall() {
  return std::chrono::duration_cast<scheduler::TimePoint>(std::chrono::duration<double>(wall_seconds()));
}

class Looking {
 public:
  Looking(storage::FileOps& files, const jobs::Plan& plan, Watcher& watcher, scheduler::TimePoint& now)
      : files_(files), plan_(plan), watcher_(watcher), now_(now), follower_(plan, watcher, now) {}

  jobs::ExitCode to_the_end() {
    for (;;) {
      // In this order: what was written before it was given back is read after that.
      const bool held = is_at_work();
      const auto began = Clock::now();
      look();
      if (!held) return end();
      const auto next =
          Clock::now() + std::max<Clock::duration>(kLook, kShareOfTime * (Clock::now() - began));
      while (Clock::now() < next) {
        now_ = std::max(now_, now_on_the_wall());
        if (follower_.begun()) watcher_.tick(now_);
        std::this_thread::sleep_for(kRedraw);
      }
    }
  }

 private:
  /// A holder that can't be looked at from here shows its life by its beat.
  bool is_at_work() {
    try {
      const auto lease = storage::read_lease(files_, plan_.out);
      if (lease != lease_) beat_at_ = Clock::now();
      lease_ = lease;
      held_ = is_held(files_, plan_.out);
    } catch (const jobs::StorageError& error) {
      watcher_.notice(error.what());
      beat_at_ = Clock::now();
    }
    return held_ && Clock::now() - beat_at_ < kBeatPatience;
  }

  void look() {
    try {
      follower_.take(storage::replay(files_, plan_.out).records);
    } catch (const jobs::StorageError& error) {
      watcher_.notice(error.what());
    }
  }

  jobs::ExitCode end() {
    if (!follower_.begun()) {
      watcher_.notice("nothing was started there yet");
      return jobs::ExitCode::all_done;
    }
    watcher_.finished(follower_.summary());
    if (const auto& finished = follower_.finished()) return finished->code;
    watcher_.notice("nobody is at work there any more, and the last start did not say how it ended");
    return jobs::ExitCode::run_again;
  }

  storage::FileOps& files_;
  const jobs::Plan& plan_;
  Watcher& watcher_;
  scheduler::TimePoint& now_;
  Follower follower_;
  std::optional<storage::LeaseState> lease_;
  Clock::time_point beat_at_ = Clock::now();
  bool held_ = true;  ///< as the disk last said
};

}  // namespace

jobs::ExitCode watch(const WatchOptions& options, const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  const std::string folder = find_run_directory(options.job, surroundings);
  jobs::Plan plan = require_kept_plan(*files, folder);
  plan.out = folder;
  std::vector<std::string> complaints;
  const RunHistory history = fold(storage::replay(*files, folder).records, complaints);
  RunOptions as_it_was{.job = options.job};
  if (!history.renderer.empty()) as_it_was.renderer = history.renderer;
  as_it_was.fake_step_seconds = history.fake_step_seconds.value_or(kFakeStepSeconds);
  scheduler::TimePoint now{0};
  return with_display({.options = as_it_was, .now = [&now] { return now; }}, surroundings,
                      [&](Watcher& watcher) {
                        // Nobody is left to look.
                        signal(SIGPIPE, SIG_DFL);
                        return Looking(*files, plan, watcher, now).to_the_end();
                      });
}

}  // namespace pia::farm
