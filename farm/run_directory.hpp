// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "farm/coordinator.hpp"
#include "farm/tenure.hpp"
#include "farm/watcher.hpp"
#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// A run directory that this process owns: the lease is held, leftovers of dead attempts are swept, plan.json
/// is this plan, the journal is read. The destructor gives the lease back.
class OwnedRun {
 public:
  /// Throws jobs::Error: as Tenure, and `bad_config` if it belongs to another job, or make_run_directory.
  OwnedRun(const jobs::Plan& plan, Watcher& watcher, const Claimant& claimant = {});
  OwnedRun(const OwnedRun&) = delete;
  OwnedRun& operator=(const OwnedRun&) = delete;
  ~OwnedRun();

  storage::FileOps& files() { return *files_; }
  std::uint64_t epoch() const { return tenure_->epoch(); }
  const std::string& nonce() const { return tenure_->nonce(); }
  const RunHistory& history() const { return history_; }

  /// Goes on under the next epoch: what others did under this one is read anew, and what they left aside is
  /// swept. Throws storage::FencedOff if another process took over.
  void next_epoch(Watcher& watcher);

  /// Reads the journal anew.
  void read_again(Watcher& watcher);

  /// Makes `plan` the run directory's plan.json.
  void adopt(const jobs::Plan& plan);

  /// Which shots are done: committed in the journal and present with that size; a result without such a
  /// record is read and checked, and put aside if it is damaged. And which of those lack a video, or have one
  /// made with other settings. The journal gets the records of commits that it lacks. Throws
  /// jobs::Error(bad_config) where a result that it reads is a rehearsal's and `renderer` is none, or the
  /// other way round.
  Coordinator::Found find_done(const jobs::Plan& plan, const std::string& renderer, Watcher& watcher);

  /// Shows that the owner lives. A disk that is away for a while is a notice; throws storage::FencedOff if
  /// another process took over.
  void beat(Watcher& watcher);

 private:
  bool is_done(const jobs::ShotId& shot, storage::ShotStore& store, const std::string& renderer,
               Watcher& watcher) const;

  void record(const std::vector<jobs::ShotId>& done, const storage::ShotStore& store, Watcher& watcher);

  std::string folder_;
  std::unique_ptr<storage::FileOps> files_;
  std::optional<Tenure> tenure_;
  RunHistory history_;
};

/// The plan that a run directory holds; nothing if there is none. Throws jobs::InputError if it is damaged.
std::optional<jobs::Plan> read_plan(storage::FileOps& files, const std::string& run_directory);

}  // namespace pia::farm
