// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/in_turn.hpp"

#include <memory>

#include "farm/launcher/slurm_client.hpp"
#include "farm/lease_wait.hpp"
#include "farm/signals.hpp"

namespace pia::farm {
namespace {

/// The wait for a run directory; one that is met again was told of.
class DirectoryWait {
 public:
  DirectoryWait(const Queue& queue, const std::string& run_directory)
      : queue_(queue),
        claimant_{.job = queue.job,
                  .job_runs = ask_whether_it_runs,
                  .stop_asked = [this] { return stop_asked_(); },
                  .if_held = queue.if_held},
        wish_(lease_wish(*files_, run_directory, claimant_)),
        wait_(wish_, claimant_, queue.watcher) {}

  bool is_for(const std::string& run_directory) const { return wish_.run_directory == run_directory; }

  std::optional<storage::LeaseState> until_free(const storage::Holder& holder) {
    if (queue_.stop_asked) {
      stop_asked_ = queue_.stop_asked;
      return wait_.until_free(holder);
    }
    StopSignals signals(StopSignals::Afterwards::what_they_did);
    stop_asked_ = [&signals] { return signals.take() > 0; };
    return wait_.until_free(holder);
  }

 private:
  const Queue& queue_;
  std::function<bool()> stop_asked_;
  std::unique_ptr<storage::FileOps> files_ = storage::make_posix_file_ops();
  Claimant claimant_;
  storage::LeaseWish wish_;
  LeaseWait wait_;
};

}  // namespace

jobs::ExitCode in_turn(const Queue& queue, const std::function<jobs::ExitCode(const Turn&)>& attempt) {
  Turn turn{.who_waits = Turn::Waits::caller};
  std::unique_ptr<DirectoryWait> wait;
  while (true) {
    try {
      return attempt(turn);
    } catch (const HeldByAnother& held) {
      // An edited job may name another directory.
      if (!wait || !wait->is_for(held.run_directory()))
        wait = std::make_unique<DirectoryWait>(queue, held.run_directory());
      turn.given_up = wait->until_free(held.holder());
    }
  }
}

}  // namespace pia::farm
