// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "farm/watcher.hpp"
#include "slurm/place.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

/// What to do about a run directory that somebody has and is at work in.
enum class IfHeld { refuse, wait };

std::chrono::nanoseconds monotonic_now();

/// Who wants a run directory.
struct Claimant {
  std::string nonce = {};  ///< of a holder that goes on under another epoch; empty: one is made up
  slurm::JobRun job;       ///< no id outside Slurm
  /// Whether a job runs, by Slurm; nothing: it can't be asked. Empty: nobody asks.
  std::function<std::optional<bool>(const std::string& job_id)> job_runs = {};
  /// Whether to stop waiting for an owner to be gone; empty: never.
  std::function<bool()> stop_asked = {};
  IfHeld if_held = IfHeld::refuse;
  std::function<std::chrono::nanoseconds()> now = monotonic_now;
};

/// The lease of a run directory, held by this process: a look at who has it, a wait where that makes sense,
/// the beat. One thread. Nothing is given back on destruction.
class Tenure {
 public:
  /// An owner of an earlier boot or of another machine, which can't be looked at, is waited out
  /// (slurm::patience). With IfHeld::wait one that lives is waited for, until it gives the directory back or
  /// is gone by the same rules; `watcher` hears once of each for whom it waits. Throws jobs::Error:
  /// `unavailable` naming who has the directory, where and since when; `run_again` if waiting was stopped.
  Tenure(storage::FileOps& files, std::string run_directory, const Claimant& claimant, Watcher& watcher);

  std::uint64_t epoch() const { return lease_->epoch(); }

  /// Whether somebody had the directory before.
  bool waited() const { return waited_; }

  const std::string& nonce() const { return wish_.self.nonce; }

  /// Takes the next epoch: whoever worked under this one can commit nothing any more. Throws
  /// storage::FencedOff if another process took over.
  void next_epoch();

  /// Shows that the owner lives. A disk that is away for a while is a notice; throws storage::FencedOff if
  /// another process took over.
  void beat(Watcher& watcher);

  /// Throws storage::FencedOff if another process took over.
  void check() const { lease_->check(); }

  void release() { lease_->release(); }

 private:
  storage::LeaseWish wish_;
  std::optional<storage::Lease> lease_;
  bool waited_ = false;
  unsigned failed_beats_ = 0;  ///< in a row
};

/// Makes a run directory, with its folder for leases. Throws jobs::Error(bad_config) if it can't be one
/// however often it is tried, such as below a file; jobs::StorageError for what may pass.
void make_run_directory(storage::FileOps& files, const std::string& run_directory);

/// Removes what attempts under epochs before `epoch` left aside.
void sweep_leftovers(storage::FileOps& files, const std::string& run_directory, std::uint64_t epoch);

}  // namespace pia::farm
