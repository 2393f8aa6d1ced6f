// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "farm/commands/shot_changes.hpp"
#include "jobs/core/plan.hpp"

namespace pia::farm {

/// Shots of grids that came in place of others, by the key in which they differ.
struct Replaced {
  std::string key;
  std::string how;  ///< "prompt \"a\" -> \"b\""
  std::size_t shots = 0;
  bool operator==(const Replaced&) const = default;
};

/// How a plan differs from an earlier one of the same job. Shots are the same if their ids are, and one has
/// changed if another of its names was there before.
struct PlanDiff {
  /// Names by why they are rendered again: "steps 25 -> 30; prompt \"a\" -> \"b\"".
  std::map<std::string, std::vector<std::string>> changed;
  std::vector<std::string> added;
  std::vector<std::string> gone;
  std::vector<jobs::ShotId> same;
  /// Of the shots of `added`, those in place of one of `gone`: a key's together, else in the plan's order.
  std::vector<Replaced> replaced = {};
  /// As new_videos gives it.
  std::map<std::string, std::size_t> videos = {};
};
PlanDiff plan_diff(const jobs::Plan& before, const jobs::Plan& now);

/// How many shots that are the same get videos without being rendered, by why: "fps 8 -> 12". `lacking`: the
/// shots of `now` that are done and lack one.
std::map<std::string, std::size_t> new_videos(const jobs::Plan& before, const jobs::Plan& now,
                                              const std::map<jobs::ShotId, LackingVideos>& lacking);

/// For people, in a few lines: of the ways in which one key changed, the commonest. `done`: of the new plan's
/// shots, those that are in the store.
std::string diff_words(const PlanDiff& diff, const std::set<jobs::ShotId>& done);

}  // namespace pia::farm
