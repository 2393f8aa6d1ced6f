// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "jobs/core/shot.hpp"
#include "scheduler/event.hpp"

namespace pia::farm {

/// Shots that are done and lack videos: who waits, who makes which, since when. A renderer that dies over
/// videos gets a second try, no third.
class VideoQueue {
 public:
  void add(const std::vector<jobs::ShotId>& shots);

  bool waiting() const { return !waiting_.empty(); }
  bool in_the_making() const { return !making_.empty(); }

  /// The first one that waits, from now on in that worker's hands. Only if one waits.
  jobs::ShotId hand_out(scheduler::WorkerId worker, scheduler::TimePoint now);

  /// That worker makes them, since `now`.
  void began(const jobs::ShotId& shot, scheduler::WorkerId worker, scheduler::TimePoint now);

  /// It was never begun: the shot is the first that waits.
  void put_back(const jobs::ShotId& shot);

  /// False if nobody was making them.
  bool made(const jobs::ShotId& shot) { return making_.erase(shot) != 0; }

  /// What the worker had at hand is gone with its renderer: those shots wait again. Returned are the ones
  /// that get no further try.
  std::vector<jobs::ShotId> take_back(scheduler::WorkerId worker);

  /// In whose hands videos have been for longer than `patience`.
  std::map<scheduler::WorkerId, jobs::ShotId> overdue(scheduler::TimePoint now,
                                                      scheduler::TimePoint patience) const;

 private:
  struct Making {
    scheduler::WorkerId worker;
    scheduler::TimePoint since;
  };
  std::deque<jobs::ShotId> waiting_;
  std::map<jobs::ShotId, Making> making_;
  std::map<jobs::ShotId, int> tries_;
};

}  // namespace pia::farm
