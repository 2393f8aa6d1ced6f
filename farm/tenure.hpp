// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "farm/claimant.hpp"
#include "farm/watcher.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

/// The lease of a run directory, held by this process: a look at who has it, a wait where that makes sense,
/// the beat. One thread. Nothing is given back on destruction.
class Tenure {
 public:
  /// Where somebody has the directory: LeaseWait, and what it throws; or HeldByAnother at once, if it's the
  /// caller who waits.
  Tenure(storage::FileOps& files, std::string run_directory, const Claimant& claimant, Watcher& watcher);

  std::uint64_t epoch() const { return lease_->epoch(); }

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
  unsigned failed_beats_ = 0;  ///< in a row
};

/// Makes a run directory, with its folder for leases. Throws jobs::Error(bad_config) if it can't be one
/// however often it is tried, such as below a file; jobs::StorageError for what may pass.
void make_run_directory(storage::FileOps& files, const std::string& run_directory);

/// Removes what attempts under epochs before `epoch` left aside.
void sweep_leftovers(storage::FileOps& files, const std::string& run_directory, std::uint64_t epoch);

}  // namespace pia::farm
