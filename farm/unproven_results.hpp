// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "farm/message.hpp"
#include "scheduler/event.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {

/// What the disk says of a result that a renderer said it had committed. A disk that is away throws nothing:
/// it is the trouble.
struct ResultLook {
  std::optional<bool> there = {};  ///< with that size; nothing: the disk does not say
  std::string trouble = {};
};
ResultLook look_for(const storage::ShotStore& store, const ShotCommitted& committed);

/// Results that are counted as done though the disk does not say yet whether they are there. The caller gives
/// the time; no call throws jobs::StorageError.
class UnprovenResults {
 public:
  void add(const ShotCommitted& committed, scheduler::TimePoint now);

  /// Looks at each once a second. Those of which the disk now tells are no longer unproven.
  struct Answers {
    /// To be recorded in the journal as committed: nobody has done so.
    std::vector<ShotCommitted> there = {};
    /// Not there, or not with that size: to be taken out of what is counted as done, and told as left.
    /// Nothing renders them again within this run.
    std::vector<ShotCommitted> missing = {};
    /// The trouble of a disk that has said nothing of a result for ten minutes; that one goes on being looked
    /// for, so that it is told once a second until the caller gives up.
    std::string away = {};
  };
  Answers look_again(const storage::ShotStore& store, scheduler::TimePoint now);

  bool empty() const { return waiting_.empty(); }

  /// Looks for none of them any more; returns how many they were, none of which may be counted as done.
  int give_up();

 private:
  struct Waiting {
    ShotCommitted committed;
    scheduler::TimePoint since;
    scheduler::TimePoint retry;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace pia::farm
