// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "farm/launcher/deadline.hpp"
#include "farm/signals.hpp"
#include "farm/watcher.hpp"
#include "slurm/drain.hpp"
#include "slurm/job_facts.hpp"

namespace pia::farm {

/// Who asks to stop by this signal.
slurm::DrainCause cause_of(int signal);

/// Once nothing is held any more: asks Slurm to run the job again where slurm::requeue says so. `watcher`
/// hears what is done, and what is left to do by hand.
void requeue_where_due(slurm::RequeueQuestion question, const std::string& job, Watcher& watcher);

/// What ends a Slurm job's wait for a run directory: what ends a launcher's work, so that the job is run
/// again in the same cases. Make one before any thread starts; the signals do nothing else from then on.
class BatchWait {
 public:
  explicit BatchWait(std::string job) : job_(std::move(job)) {}

  /// By a signal, or by its own clock before the allocation ends.
  bool stop_asked();

  /// To be called when it was; requeue_where_due.
  void end(Watcher& watcher);

 private:
  void look_at_the_clock();

  std::string job_;
  StopSignals signals_;
  slurm::DrainCause cause_ = slurm::DrainCause::none;
  std::optional<slurm::JobFacts> facts_;
  std::optional<Deadline> deadline_;  ///< known once it waits
};

}  // namespace pia::farm
