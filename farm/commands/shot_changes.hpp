// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "jobs/core/plan.hpp"

namespace pia::farm {

/// Which keys of a shot changed, and not what only follows from these: "steps 5 -> 8; image: what is in its
/// file changed".
std::string changes_of(const jobs::PlannedShot& before, const jobs::PlannedShot& now);

/// A shot of a grid in whose place another one came.
struct Replacement {
  std::string key;  ///< in which they differ
  const jobs::PlannedShot* before = nullptr;
  const jobs::PlannedShot* now = nullptr;
};

/// Shots of one grid that differ in one key alone and what follows from it, such as another value of an axis,
/// which gave them another name: each shot once at most. First goes the key that explains most of them.
std::vector<Replacement> replacements(const std::vector<const jobs::PlannedShot*>& gone,
                                      const std::vector<const jobs::PlannedShot*>& added);

/// A shot and how its videos are wanted.
struct ShotOutput {
  const jobs::OutputWishes& output;
  const jobs::PlannedShot& shot;
};

/// What is there of the videos that a shot lacks.
enum class LackingVideos { are_missing, are_outdated };

/// Why a shot that need not be rendered needs a new video: "fps 8 -> 12", "other labels: model".
std::string video_changes(const ShotOutput& before, const ShotOutput& now, LackingVideos lacking);

}  // namespace pia::farm
