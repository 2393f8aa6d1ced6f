// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "farm/launcher/deadline.hpp"
#include "farm/signals.hpp"
#include "farm/watcher.hpp"
#include "slurm/drain.hpp"
#include "slurm/job_facts.hpp"

namespace pia::farm {

/// What ends the work of a Slurm job's batch process, and its wait for a run directory: the signals that ask
/// to stop, and the job's own clock before its time is over. One thread; make it before any other starts.
/// Those signals do nothing else from then on.
class BatchStops {
 public:
  explicit BatchStops(std::string job) : job_(std::move(job)) {}

  /// To poll: readable when a signal came.
  int descriptor() const { return signals_.descriptor(); }

  /// Looks at both; once yes, always yes.
  bool asked();

  /// A person asked twice, or no time is left for anything else.
  bool asked_to_stop_at_once() const { return at_once_ || deadline_.is_here(); }

  /// The processes of the job's step were told, not this one.
  void others_were_told();

  slurm::DrainCause cause() const { return cause_; }

  /// Once nothing is held any more: asks Slurm to run the job again where slurm::requeue says so. `watcher`
  /// hears what is done, and what is left to do by hand.
  void end(Watcher& watcher);

 private:
  void know_the_job();
  void look_at_the_signals();
  void look_at_the_clock();

  std::string job_;
  StopSignals signals_;
  slurm::DrainCause cause_ = slurm::DrainCause::none;
  bool at_once_ = false;
  std::optional<slurm::JobFacts> facts_;  ///< as soon as Slurm answers
  Deadline deadline_{std::nullopt};
  std::chrono::steady_clock::time_point ask_again_;
};

}  // namespace pia::farm
