// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jobs/core/result.hpp"
#include "storage/file_ops.hpp"
#include "storage/journal.hpp"

namespace pia::tests {

/// What a run was told is durable; a rerun must find all of it, whatever happened in between.
struct Promises {
  std::uint64_t epoch = 0;
  std::map<jobs::ShotId, int> checkpoints;  ///< the furthest step whose save returned
  std::map<jobs::ShotId, int> commits;      ///< how often a commit returned "now"
  std::vector<storage::Record> records;     ///< that a journal commit made durable
};

enum class Ending { finished, failed, died };

/// Where the small farm keeps its run; absolute.
struct SmallFarm {
  std::string run_directory = "/run";

  /// Two shots of three steps, with a checkpoint after each step: lease, replay, sweep, plan, journal,
  /// render, commit, renew, release. `nonce` tells processes apart; all earlier ones count as dead. Goes on
  /// after a failed checkpoint, tries a failed journal or result once more, and gives up on anything else.
  Ending run(storage::FileOps& files, const std::string& nonce, Promises& promises) const;

  /// Every result and checkpoint that can be seen is whole and right, and nothing promised is missing.
  void expect_sound(storage::FileOps& files, const Promises& promises) const;

  /// expect_sound; and both shots are done, once, and nothing temporary is left.
  void expect_finished(storage::FileOps& files, const Promises& promises) const;
};

}  // namespace pia::tests
