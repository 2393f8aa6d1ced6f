// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <vector>

#include "scheduler/event.hpp"

namespace pia::scheduler {

/// Who reads weights from the shared disk: at most so many at a time, in the order in which they asked, so
/// that none starves. One worker a node asks: the one that stages for its node. A turn that its holder can't
/// end is ended for it, when it is lost or its attempt is over.
class StagingTurns {
 public:
  static constexpr std::size_t kAtATime = 4;

  /// Asks for a turn. A worker that waits or reads already is ignored.
  void ask(WorkerId worker);

  /// It reads no more, or wishes no more to. Any other worker is ignored.
  void end(WorkerId worker);

  /// Those whose turn has begun since the last call, in order.
  std::vector<WorkerId> begun();

 private:
  std::set<WorkerId> reading_;
  std::deque<WorkerId> waiting_;
};

}  // namespace pia::scheduler
