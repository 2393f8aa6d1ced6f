// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "farm/claimant.hpp"
#include "farm/watcher.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

/// What `claimant` asks of the leases of a run directory; `files` outlive it.
storage::LeaseWish lease_wish(storage::FileOps& files, std::string run_directory, const Claimant& claimant);

/// A wait for whoever has a run directory. It takes nothing. One thread; all arguments outlive it.
class LeaseWait {
 public:
  LeaseWait(const storage::LeaseWish& wish, const Claimant& claimant, Watcher& watcher)
      : wish_(wish), claimant_(claimant), watcher_(watcher) {}

  /// Returns when the lease looks free after `holder` had it, with the state of one whose owner can't be
  /// looked at (of an earlier boot, or another machine) and that stood still for slurm::patience: to be given
  /// up. With IfHeld::refuse such an owner alone is waited for; with IfHeld::wait one that lives, too, until
  /// it gives the directory back or is gone by the same rules. The watcher hears once of each for whom it
  /// waits, also over several calls. Throws HeldByAnother, and StoppedWaiting if waiting was stopped.
  std::optional<storage::LeaseState> until_free(const storage::Holder& holder);

 private:
  void meet(const storage::Holder& holder);
  void judge(const storage::Holder& holder);
  void heed(const storage::Holder& there);
  void pause() const;

  const storage::LeaseWish& wish_;
  const Claimant& claimant_;
  Watcher& watcher_;
  std::optional<storage::Holder> holder_;
  std::chrono::nanoseconds heard_{0};
  std::optional<std::chrono::seconds> patience_;
  std::optional<storage::StaleWatch> watch_;
};

}  // namespace pia::farm
