// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace pia::slurm {

/// How long before the end of its time a job stops by its own clock, if nobody warned it: a tenth of what it
/// had, between 10 s and 90 s. Slurm's own warning (--signal=B:USR1@120) comes earlier where it works.
std::chrono::seconds margin(std::chrono::seconds left_at_the_start);

enum class DrainCause {
  none,
  warning,      ///< SIGUSR1 or SIGUSR2: Slurm's, or a person's
  termination,  ///< SIGTERM
  clock,        ///< the end of the allocation is near
  ranks,        ///< the ranks were told, not the launcher
  person        ///< ^C or a hang-up at a terminal
};

struct RequeueQuestion {
  DrainCause cause = DrainCause::none;
  std::optional<std::string> state = {};  ///< of the job, by Slurm; nothing: it can't be asked
  bool may_requeue = true;                ///< the job was not submitted with --no-requeue
  bool time_is_over = false;              ///< by the launcher's clock
};

struct RequeueAnswer {
  enum class Ask { no, yes } ask = Ask::no;  ///< scontrol requeue
  std::string sentence;                      ///< for people
};

/// Whether a job that drained asks Slurm to run it again. One that its owner cancelled must not come back;
/// one that Slurm itself ends and requeues need not ask; a time limit is no occasion on which Slurm requeues
/// by itself.
RequeueAnswer requeue(const RequeueQuestion& question);

}  // namespace pia::slurm
