// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include "scheduler/lines.hpp"

namespace pia::scheduler {

struct Policy {
  int max_attempts = 3;              ///< in all, a shot; at least 1
  std::chrono::seconds silence{60};  ///< no step for max(this, silence_steps median steps) is a hang
  int silence_steps = 10;
  std::chrono::seconds loading_silence{600};  ///< least silence allowed until a step's time is known
  int strikes = 3;  ///< shots that failed on a worker by its GPU within strike_window: it rests then
  std::chrono::seconds strike_window{3600};
  std::chrono::seconds rest{5 * 3600};  ///< how long it gets nothing
  std::chrono::seconds arrival{60};     ///< after a restart: how long other workers may take to be there
  int model_patience = 8;  ///< shots in a row a worker may render of its resident model while others wait
};

/// A worker that is ready, as the policy sees it.
struct Candidate {
  WorkerId id;
  ModelIndex resident = kNoModel;
  int streak = 0;  ///< shots in a row it was given of `resident`
};

/// All workers, as the policy sees them.
struct Crew {
  std::set<WorkerId> live;   ///< ready, rendering, or starting again; not those that rest
  std::vector<int> holders;  ///< by ModelIndex: live workers that hold it, or are loading it
};

/// Whether the second rule below lets `worker` have a shot.
bool may_have(const FailedOn& failed_on, const Candidate& worker, const Crew& crew);

/// The shot that `worker` should render next; nothing if none of `waiting` is for it. In this order:
///  1. Higher priority, always (of shots that may have company; the others are not among `waiting`).
///  2. Not a shot that failed on this worker, while another live worker has not failed it.
///  3. A model that was passed over model_patience times by each worker, the longest ago served first, once
///  this
///     worker had model_patience shots in a row of its own.
///  4. A shot of the resident model.
///  5. A shot of the model with the most work left for each worker that holds it, this one included.
///  6. The longest shot; of equals, the first in the plan.
/// Cost: O(log waiting), and O(models of that priority) if the resident model has no shot left.
std::optional<ShotIndex> choose(const Lines& waiting, const Candidate& worker, const Crew& crew,
                                const Policy& policy);

}  // namespace pia::scheduler
