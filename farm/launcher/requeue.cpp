// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/requeue.hpp"

#include <signal.h>

#include "farm/launcher/slurm_client.hpp"

namespace pia::farm {
namespace {

using slurm::DrainCause;

// While Slurm does not answer.
constexpr std::chrono::seconds kAskAgain{60};

/// Who asks to stop by this signal.
DrainCause cause_of(int signal) {
  if (signal == SIGTERM) return DrainCause::termination;
  if (signal == SIGINT || signal == SIGHUP) return DrainCause::person;
  return DrainCause::warning;
}

}  // namespace

bool BatchStops::asked() {
  look_at_the_signals();
  // A warned job, too, has an end by the clock.
  know_the_job();
  if (cause_ == DrainCause::none) look_at_the_clock();
  return cause_ != DrainCause::none;
}

/// Slurm may be too busy to answer when the job begins.
void BatchStops::know_the_job() {
  const auto now = std::chrono::steady_clock::now();
  if (facts_ || now < ask_again_) return;
  facts_ = ask_about_job(job_);
  deadline_.set(facts_);
  ask_again_ = now + kAskAgain;
}

void BatchStops::look_at_the_signals() {
  for (const int signal : signals_.take_each()) {
    const DrainCause cause = cause_of(signal);
    if (cause_ == DrainCause::person && cause == DrainCause::person) at_once_ = true;
    if (cause_ == DrainCause::none) cause_ = cause;
  }
}

void BatchStops::look_at_the_clock() {
  if (!deadline_.is_near()) return;
  // Somebody may have given the job more time.
  deadline_.set(ask_about_job(job_));
  if (deadline_.is_near()) cause_ = DrainCause::clock;
}

void BatchStops::others_were_told() {
  if (cause_ == DrainCause::none) cause_ = DrainCause::ranks;
}

void BatchStops::end(Watcher& watcher) {
  const auto facts = ask_about_job(job_);
  slurm::RequeueQuestion question{.cause = cause_, .time_is_over = deadline_.is_over()};
  if (facts) question.state = facts->state;
  if (facts || facts_) question.may_requeue = facts ? facts->may_requeue : facts_->may_requeue;
  const slurm::RequeueAnswer answer = slurm::requeue(question);
  watcher.notice(answer.sentence);
  if (answer.ask == slurm::RequeueAnswer::Ask::no) return;
  const std::string refusal = request_requeue(job_);
  if (!refusal.empty()) watcher.notice(refusal + "; run the same command again to go on");
}

}  // namespace pia::farm
