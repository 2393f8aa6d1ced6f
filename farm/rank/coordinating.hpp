// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/rank/mpi_world.hpp"
#include "farm/rank/options.hpp"
#include "farm/rank/supervising.hpp"
#include "farm/reporter.hpp"
#include "farm/watcher.hpp"

namespace pia::farm {

/// Who hears of a run. Both outlive it.
struct RunVoice {
  Watcher& watcher;
  Reports reports;  ///< written where there is no launcher to do it
};

/// The life of rank 0: the coordinator, and the supervisor of its own GPU. Reads plan.json and the journal,
/// sends the orders, hands shots out until all is done, given up or stopped by a signal; its last record in
/// the journal tells the launcher how it ended. Never opens an HDF5 file: results without a record were
/// looked at before it started. Throws jobs::Error if it can't begin, storage::FencedOff if another run took
/// over; the caller ends all ranks then.
int coordinate(MpiWorld& world, const RankOptions& options, const RankPlace& here, const RunVoice& voice);

}  // namespace pia::farm
