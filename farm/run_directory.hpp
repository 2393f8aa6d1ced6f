// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "farm/coordinator.hpp"
#include "farm/watcher.hpp"
#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

/// A run directory that this process owns: the lease is held, leftovers of dead attempts are swept, plan.json
/// is this plan, the journal is read. The destructor gives the lease back.
class OwnedRun {
 public:
  /// An owner of an earlier boot or of another machine, which can't be asked, is waited out: 15 s or 60 s
  /// without a beat. Throws jobs::Error: `unavailable` naming who has the directory, `bad_config` if it
  /// belongs to another job.
  OwnedRun(const jobs::Plan& plan, Watcher& watcher);
  OwnedRun(const OwnedRun&) = delete;
  OwnedRun& operator=(const OwnedRun&) = delete;
  ~OwnedRun();

  storage::FileOps& files() { return *files_; }
  std::uint64_t epoch() const { return lease_->epoch(); }
  const RunHistory& history() const { return history_; }

  /// Makes `plan` the run directory's plan.json.
  void adopt(const jobs::Plan& plan);

  /// Which shots are done: committed in the journal and present with that size; a result without such a
  /// record is read and checked, and put aside if it is damaged. And which of those lack a video,
  /// or have one made with other settings.
  Coordinator::Found find_done(const jobs::Plan& plan, Watcher& watcher);

  /// Shows that the owner lives. A disk that is away for a while is a notice; throws storage::FencedOff if
  /// another process took over.
  void beat(Watcher& watcher);

 private:
  void sweep(std::uint64_t before_epoch);
  bool is_done(const jobs::ShotId& shot, storage::ShotStore& store, Watcher& watcher) const;

  unsigned failed_beats_ = 0;  ///< in a row
  std::string folder_;
  std::unique_ptr<storage::FileOps> files_;
  std::optional<storage::Lease> lease_;
  RunHistory history_;
};

/// The plan that a run directory holds; nothing if there is none. Throws jobs::InputError if it is damaged.
std::optional<jobs::Plan> read_plan(storage::FileOps& files, const std::string& run_directory);

}  // namespace pia::farm
