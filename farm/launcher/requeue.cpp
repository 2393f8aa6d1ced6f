// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/requeue.hpp"

#include <signal.h>

#include "farm/launcher/slurm_client.hpp"

namespace pia::farm {

using slurm::DrainCause;

DrainCause cause_of(int signal) {
  if (signal == SIGTERM) return DrainCause::termination;
  if (signal == SIGINT || signal == SIGHUP) return DrainCause::person;
  return DrainCause::warning;
}

void requeue_where_due(slurm::RequeueQuestion question, const std::string& job, Watcher& watcher) {
  if (const auto facts = ask_about_job(job)) question.state = facts->state;
  const slurm::RequeueAnswer answer = slurm::requeue(question);
  watcher.notice(answer.sentence);
  if (answer.ask == slurm::RequeueAnswer::Ask::no) return;
  const std::string refusal = request_requeue(job);
  if (!refusal.empty()) watcher.notice(refusal + "; run the same command again to go on");
}

bool BatchWait::stop_asked() {
  for (const int signal : signals_.take_each()) {
    if (cause_ == DrainCause::none) cause_ = cause_of(signal);
  }
  if (cause_ == DrainCause::none) look_at_the_clock();
  return cause_ != DrainCause::none;
}

void BatchWait::look_at_the_clock() {
  if (!deadline_) {
    facts_ = ask_about_job(job_);
    deadline_.emplace(facts_);
  }
  if (!deadline_->is_near()) return;
  deadline_->set(ask_about_job(job_));
  if (deadline_->is_near()) cause_ = DrainCause::clock;
}

void BatchWait::end(Watcher& watcher) {
  requeue_where_due({.cause = cause_,
                     .may_requeue = !facts_ || facts_->may_requeue,
                     .time_is_over = deadline_ && deadline_->is_over()},
                    job_, watcher);
}

}  // namespace pia::farm
