// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "farm/clocks.hpp"
#include "jobs/core/error.hpp"
#include "slurm/place.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

/// What to do about a run directory that somebody has and is at work in.
enum class IfHeld { refuse, wait };

/// Whose business it is to wait for a run directory that somebody has. Where a plan was made before, a wait
/// would make it stale: its maker waits instead, and plans again.
struct Turn {
  enum class Waits { taker, caller } who_waits = Waits::taker;
  std::optional<storage::LeaseState> given_up = {};  ///< what a wait of the caller's came to
};

/// Who wants a run directory.
struct Claimant {
  std::string nonce = {};  ///< of a holder that goes on under another epoch; empty: one is made up
  slurm::JobRun job = {};  ///< no id outside Slurm
  /// Whether a job runs, by Slurm; nothing: it can't be asked. Empty: nobody asks.
  std::function<std::optional<bool>(const std::string& job_id)> job_runs = {};
  /// Whether to stop waiting for an owner to be gone; empty: never.
  std::function<bool()> stop_asked = {};
  IfHeld if_held = IfHeld::refuse;
  Turn turn = {};
  std::function<std::chrono::nanoseconds()> now = steady_now;
};

/// Exit code `unavailable`: says who has a run directory, where and since when.
class HeldByAnother : public jobs::Error {
 public:
  HeldByAnother(const std::string& run_directory, const storage::Holder& holder);
  const std::string& run_directory() const { return run_directory_; }
  const storage::Holder& holder() const { return holder_; }

 private:
  std::string run_directory_;
  storage::Holder holder_;
};

/// Exit code `run_again`.
class StoppedWaiting : public jobs::Error {
 public:
  explicit StoppedWaiting(const std::string& run_directory)
      : Error(jobs::ExitCode::run_again,
              "stopped while waiting for " + run_directory + "; run the same command again"),
        run_directory_(run_directory) {}
  const std::string& run_directory() const { return run_directory_; }

 private:
  std::string run_directory_;
};

}  // namespace pia::farm
