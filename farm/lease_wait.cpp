// SPDX-License-Identifier: Apache-2.0
#include "farm/lease_wait.hpp"

#include <random>
#include <thread>

#include "farm/clocks.hpp"
#include "slurm/takeover.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

// While its lease stands still: how often Slurm is asked whether the job of an owner elsewhere still runs.
constexpr std::chrono::seconds kAskAgain{60};

std::string random_nonce() {
  std::random_device chance;
  std::string text;
  for (int i = 0; i < 4; ++i) text += std::to_string(chance()) + (i < 3 ? "-" : "");
  return text;
}

std::string who_has_it(const std::string& folder, const storage::Holder& holder) {
  if (storage::is_damaged(holder)) {
    return "the lease of " + folder + " is damaged, so nobody can tell who works there";
  }
  const auto job = slurm::job_run_from(holder.slurm_job);
  return folder + " is in use by " + (job ? "Slurm job " + job->id + ", " : "") + "process " +
         std::to_string(holder.pid) + " on " + holder.host + " since " + holder.since;
}

std::string refusal(const std::string& folder, const storage::Holder& holder) {
  return who_has_it(folder, holder) +
         (storage::is_damaged(holder) ? "; make sure that no run is at work, then remove " + folder + "/lease"
                                      : "; wait for it, as --wait does, or stop it first");
}

/// Without the container.
std::string boot_of(const storage::Holder& holder) {
  return holder.boot_id.substr(0, holder.boot_id.find('/'));
}

/// Nothing: it lives, so that only its own end makes room.
std::optional<std::chrono::seconds> patience_with(const storage::Holder& holder,
                                                  const storage::LeaseWish& wish, const Claimant& claimant) {
  if (holder.boot_id == wish.self.boot_id) return std::nullopt;
  slurm::Rivals rivals{.holder = slurm::job_run_from(holder.slurm_job),
                       .self = slurm::job_run_from(wish.self.slurm_job),
                       .same_boot = boot_of(holder) == boot_of(wish.self)};
  if (rivals.holder && claimant.job_runs) rivals.holder_runs = claimant.job_runs(rivals.holder->id);
  return slurm::patience(rivals);
}

std::string whom_it_waits_for(const std::string& folder, const storage::Holder& holder,
                              const std::optional<std::chrono::seconds>& patience, IfHeld if_held) {
  const std::string who = who_has_it(folder, holder);
  if (!patience) return who + "; waiting until it ends";
  return who + (storage::is_damaged(holder) ? "" : ", which can't be looked at from here") + "; " +
         (if_held == IfHeld::wait ? "waiting until it ends: " : "") + "it is taken over after " +
         std::to_string(patience->count()) + " s without a sign of life";
}

}  // namespace

HeldByAnother::HeldByAnother(const std::string& run_directory, const storage::Holder& holder)
    : Error(ExitCode::unavailable, refusal(run_directory, holder)),
      run_directory_(run_directory),
      holder_(holder) {}

storage::LeaseWish lease_wish(storage::FileOps& files, std::string run_directory, const Claimant& claimant) {
  storage::LeaseWish wish{
      .files = files,
      .run_directory = std::move(run_directory),
      .self = storage::describe_self(claimant.nonce.empty() ? random_nonce() : claimant.nonce,
                                     local_time(wall_seconds())),
      .given_up = claimant.turn.given_up};
  wish.self.slurm_job = slurm::to_text(claimant.job);
  return wish;
}

std::optional<storage::LeaseState> LeaseWait::until_free(const storage::Holder& holder) {
  heed(holder);
  while (true) {
    const auto state = storage::read_lease(wish_.files, wish_.run_directory);
    if (!state) storage::require_run_directory(wish_.files, wish_.run_directory);
    if (!state || storage::is_free(*state, wish_)) return std::nullopt;
    if (watch_ && watch_->stood_still(*state, claimant_.now())) return state;
    heed(state->holder);
    pause();
  }
}

/// To begin with, and whenever another one is found there.
void LeaseWait::meet(const storage::Holder& holder) {
  judge(holder);
  if (!patience_ && claimant_.if_held == IfHeld::refuse) throw HeldByAnother(wish_.run_directory, holder);
  watcher_.waiting(wish_.run_directory,
                   whom_it_waits_for(wish_.run_directory, holder, patience_, claimant_.if_held));
}

void LeaseWait::judge(const storage::Holder& holder) {
  holder_ = holder;
  heard_ = claimant_.now();
  patience_ = patience_with(holder, wish_, claimant_);
  watch_.reset();
  if (patience_) watch_.emplace(*patience_);
}

void LeaseWait::heed(const storage::Holder& there) {
  if (!holder_) return meet(there);
  const bool beats = there != *holder_;
  if (beats && claimant_.if_held == IfHeld::refuse) throw HeldByAnother(wish_.run_directory, there);
  if (there.nonce != holder_->nonce) return meet(there);
  if (beats) {
    holder_ = there;
    heard_ = claimant_.now();
  }
  // Of a job that ran when Slurm was asked.
  if (!watch_ && claimant_.now() - heard_ >= kAskAgain) judge(there);
}

/// A second, or less if somebody asks to stop.
void LeaseWait::pause() const {
  for (int tenth = 0; tenth < 10; ++tenth) {
    if (claimant_.stop_asked && claimant_.stop_asked()) throw StoppedWaiting(wish_.run_directory);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace pia::farm
