// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "farm/run_history.hpp"
#include "farm/watcher.hpp"
#include "storage/journal.hpp"

namespace pia::farm {

/// Tells a Watcher of a run that happens elsewhere, from its journal: all that the journal knows of the last
/// command. Steps are not in it.
class Follower {
 public:
  /// `now` is set to the moment of each record before the watcher hears of it, on the wall's clock; all three
  /// outlive the follower.
  Follower(const jobs::Plan& plan, Watcher& watcher, scheduler::TimePoint& now)
      : plan_(plan), watcher_(watcher), now_(now) {
    for (const jobs::PlannedShot& shot : plan.shots) by_id_[shot.id] = &shot;
  }

  /// All records of the journal, which has grown since the last call. Those that can't be read are skipped.
  void take(const std::vector<storage::Record>& records);

  /// The start that runs or ran last was told of.
  bool begun() const { return begun_; }

  /// How that start said that it ended; nothing: it did not.
  const std::optional<RunFinished>& finished() const { return finished_; }

  /// As far as the journal tells.
  Summary summary() const;

 private:
  void take(const storage::Record& record);
  void start(const storage::Record& record);
  void tell_of_shot(const storage::Record& record);

  const jobs::Plan& plan_;
  Watcher& watcher_;
  scheduler::TimePoint& now_;
  std::map<jobs::ShotId, const jobs::PlannedShot*> by_id_;
  std::set<jobs::ShotId> done_;
  std::map<jobs::ShotId, int> workers_;             ///< who renders it
  std::pair<std::uint64_t, std::uint64_t> last_{};  ///< epoch and sequence
  bool begun_ = false;
  double began_ = 0;  ///< seconds on the wall's clock
  double latest_ = 0;
  std::optional<RunFinished> finished_;
  Summary summary_;
};

}  // namespace pia::farm
