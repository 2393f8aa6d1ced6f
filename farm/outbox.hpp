// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "farm/message.hpp"
#include "storage/journal.hpp"

namespace pia::farm {

/// A message to a worker.
using Addressed = std::pair<scheduler::WorkerId, Message>;

/// What the coordinator has to say, held until the journal is durable: nothing begins that the journal does
/// not know of. A journal that can't be written is tried again after pauses of 1, 2, 4 ... 60 seconds.
class Outbox {
 public:
  /// `journal` must outlive it.
  explicit Outbox(storage::Journal& journal) : journal_(journal) {}

  void put(scheduler::WorkerId worker, Message message) { held_.emplace_back(worker, std::move(message)); }

  /// What may be sent now, in order: everything once the journal is durable, before that only what ends
  /// something.
  struct Release {
    std::vector<Addressed> messages = {};
    std::string complaint = {};  ///< why the journal could not be written, if it was tried
    bool away_too_long = false;  ///< not full, and not to be written for ten minutes
  };
  Release release(scheduler::TimePoint now);

  /// Takes everything that was held.
  std::deque<Addressed> take_back() { return std::exchange(held_, {}); }

  /// What was held for this worker will never be sent.
  void forget(scheduler::WorkerId worker) {
    std::erase_if(held_, [worker](const Addressed& one) { return one.first == worker; });
  }

  bool empty() const { return held_.empty(); }

  /// The journal could not be written the last time.
  bool in_trouble() const { return trouble_.has_value(); }

 private:
  struct Trouble {
    scheduler::TimePoint since;
    scheduler::TimePoint retry;
    std::chrono::seconds pause{0};
  };

  bool make_durable(scheduler::TimePoint now, Release& release);

  storage::Journal& journal_;
  std::deque<Addressed> held_;
  std::optional<Trouble> trouble_;
};

}  // namespace pia::farm
