// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "scheduler/event.hpp"

namespace pia::scheduler {

/// Places in the tables of shots and of models, in order of submission.
using ShotIndex = int;
using ModelIndex = int;
inline constexpr ModelIndex kNoModel = -1;

/// Workers on which a shot failed: sorted, none twice.
using FailedOn = std::vector<WorkerId>;

struct Ticket {
  double cost = 0;
  ShotIndex shot = 0;
};

/// The longest first; of equals, the first in the plan.
struct LongestFirst {
  bool operator()(const Ticket& a, const Ticket& b) const {
    return a.cost != b.cost ? a.cost > b.cost : a.shot < b.shot;
  }
};

/// The waiting shots of one model at one priority. Shots that failed on the same workers stand together, so
/// that a worker steps over all those it may not have at once. Neither a group nor a line is ever empty.
struct Line {
  std::map<FailedOn, std::set<Ticket, LongestFirst>> groups;
  double work = 0;          ///< sum of the costs
  int shots = 0;            ///< in all groups
  std::int64_t served = 0;  ///< the level's `handed_out` when it was last served
};

/// The waiting shots of one priority.
struct Level {
  std::map<ModelIndex, Line> lines;
  std::set<std::pair<std::int64_t, ModelIndex>> by_age;  ///< (served, model), longest ago served first
  std::int64_t handed_out = 0;
};

/// All waiting shots, highest priority first. No level is empty.
using Lines = std::map<int, Level, std::greater<>>;

/// Where a waiting shot stands.
struct Place {
  int priority = 0;
  ModelIndex model = 0;
  Ticket ticket;
  FailedOn failed_on;
};

/// Puts a shot into its line; it must not be in one.
void enter(Lines& lines, const Place& place);

/// Takes a shot out of its line; it must be there.
void leave(Lines& lines, const Place& place);

/// As leave, because a worker gets the shot: its line was served, all others of its level were passed over.
void hand_out(Lines& lines, const Place& place);

}  // namespace pia::scheduler
