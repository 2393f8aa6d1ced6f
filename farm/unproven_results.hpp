// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "farm/message.hpp"
#include "scheduler/event.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {

/// What the disk says of a result that a renderer said it had committed.
struct ResultLook {
  std::optional<bool> there = {};  ///< with that size; nothing: the disk does not say
  std::string trouble = {};
};
ResultLook look_for(const storage::ShotStore& store, const ShotCommitted& committed);

/// Results that are counted as done though the disk does not say yet whether they are there.
class UnprovenResults {
 public:
  void add(const ShotCommitted& committed, scheduler::TimePoint now);

  /// Looks at each once a second. Those of which the disk now tells are no longer unproven.
  struct Answers {
    std::vector<ShotCommitted> there = {};
    std::vector<ShotCommitted> missing = {};
    std::string away = {};  ///< the trouble of a disk that has said nothing for ten minutes
  };
  Answers look_again(const storage::ShotStore& store, scheduler::TimePoint now);

  bool empty() const { return waiting_.empty(); }

  /// Looks for none of them any more; returns how many they were.
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
