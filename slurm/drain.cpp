// SPDX-License-Identifier: Apache-2.0
#include "slurm/drain.hpp"

#include <algorithm>

namespace pia::slurm {

std::chrono::seconds margin(std::chrono::seconds left_at_the_start) {
  return std::clamp(left_at_the_start / 10, std::chrono::seconds(10), std::chrono::seconds(90));
}

RequeueAnswer requeue(const RequeueQuestion& question) {
  using Ask = RequeueAnswer::Ask;
  const std::string again = "run the same command again to go on";
  if (question.cause == DrainCause::person) return {Ask::no, "stopped by hand; " + again};
  if (!question.may_requeue) return {Ask::no, "the job was submitted with --no-requeue; " + again};
  if (!question.state) {
    // After SIGTERM it may have been cancelled; the other occasions are no reason to doubt.
    if (question.cause == DrainCause::termination && !question.time_is_over)
      return {Ask::no, "Slurm can't be asked whether the job was cancelled; " + again};
    return {Ask::yes, "asking Slurm to run the job again"};
  }
  if (*question.state == "RUNNING" || question.state->starts_with("TIMEOUT") || question.time_is_over) {
    return {Ask::yes, "asking Slurm to run the job again"};
  }
  return {Ask::no, "Slurm is ending the job (" + *question.state + "); unless it requeues it, " + again};
}

}  // namespace pia::slurm
