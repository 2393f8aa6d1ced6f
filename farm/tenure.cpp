// SPDX-License-Identifier: Apache-2.0
#include "farm/tenure.hpp"

#include <bit>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <random>
#include <system_error>
#include <thread>

#include "jobs/core/error.hpp"
#include "slurm/takeover.hpp"
#include "storage/temporary.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

// While its lease stands still: how often Slurm is asked whether the job of an owner elsewhere still runs.
constexpr std::chrono::seconds kAskAgain{60};

std::string wall_clock() {
  char text[40];
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &parts));
  return text;
}

std::string random_nonce() {
  std::random_device chance;
  std::string text;
  for (int i = 0; i < 4; ++i) text += std::to_string(chance()) + (i < 3 ? "-" : "");
  return text;
}

std::string who_has_it(const std::string& folder, const storage::Holder& holder) {
  if (storage::is_damaged(holder)) {
    return "the lease of " + folder + " is damaged, so nobody can tell who renders there";
  }
  const auto job = slurm::job_run_from(holder.slurm_job);
  return folder + " is being rendered by " + (job ? "Slurm job " + job->id + ", " : "") + "process " +
         std::to_string(holder.pid) + " on " + holder.host + " since " + holder.since;
}

[[noreturn]] void refuse(const std::string& folder, const storage::Holder& holder) {
  throw jobs::Error(ExitCode::unavailable,
                    who_has_it(folder, holder) +
                        (storage::is_damaged(holder)
                             ? "; make sure that no run is at work, then remove " + folder + "/lease"
                             : "; wait for it, as run --wait does, or stop it first"));
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

/// A second, or less if somebody asks to stop.
void pause(const storage::LeaseWish& wish, const Claimant& claimant) {
  for (int tenth = 0; tenth < 10; ++tenth) {
    if (claimant.stop_asked && claimant.stop_asked()) {
      throw jobs::Error(ExitCode::run_again,
                        "stopped while waiting for " + wish.run_directory + "; run the same command again");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

/// Who has a directory, and how it is found out that he is gone.
class Vigil {
 public:
  Vigil(const storage::LeaseWish& wish, const Claimant& claimant, Watcher& watcher)
      : wish_(wish), claimant_(claimant), watcher_(watcher) {}

  /// To begin with, and whenever another one is found there.
  void meet(const storage::Holder& holder) {
    judge(holder);
    if (!patience_ && claimant_.if_held == IfHeld::refuse) refuse(wish_.run_directory, holder);
    watcher_.notice(whom_it_waits_for(wish_.run_directory, holder, patience_, claimant_.if_held));
  }

  std::optional<storage::Lease> look() {
    auto taken = watch_ ? watch_->try_take(wish_, claimant_.now()) : storage::take_lease(wish_);
    if (auto* lease = std::get_if<storage::Lease>(&taken)) return std::move(*lease);
    heed(std::get<storage::Refused>(taken).holder);
    return std::nullopt;
  }

 private:
  void judge(const storage::Holder& holder) {
    holder_ = holder;
    heard_ = claimant_.now();
    patience_ = patience_with(holder, wish_, claimant_);
    watch_.reset();
    if (patience_) watch_.emplace(*patience_);
  }

  void heed(const storage::Holder& there) {
    const bool beats = there != holder_;
    if (beats && claimant_.if_held == IfHeld::refuse) refuse(wish_.run_directory, there);
    if (there.nonce != holder_.nonce) return meet(there);
    if (beats) {
      holder_ = there;
      heard_ = claimant_.now();
    }
    // Of a job that ran when Slurm was asked.
    if (!watch_ && claimant_.now() - heard_ >= kAskAgain) judge(there);
  }

  const storage::LeaseWish& wish_;
  const Claimant& claimant_;
  Watcher& watcher_;
  storage::Holder holder_;
  std::chrono::nanoseconds heard_{0};
  std::optional<std::chrono::seconds> patience_;
  std::optional<storage::StaleWatch> watch_;
};

storage::Lease wait_out(const storage::LeaseWish& wish, const storage::Holder& holder,
                        const Claimant& claimant, Watcher& watcher) {
  Vigil vigil(wish, claimant, watcher);
  vigil.meet(holder);
  while (true) {
    if (auto lease = vigil.look()) return std::move(*lease);
    pause(wish, claimant);
  }
}

storage::LeaseWish wish_of(storage::FileOps& files, std::string folder, const Claimant& claimant) {
  storage::LeaseWish wish{
      .files = files,
      .run_directory = std::move(folder),
      .self = storage::describe_self(claimant.nonce.empty() ? random_nonce() : claimant.nonce, wall_clock())};
  wish.self.slurm_job = slurm::to_text(claimant.job);
  return wish;
}

/// What keeps a folder from being made.
std::string what_is_in_the_way(const std::string& folder, int error_number) {
  std::filesystem::path there = folder;
  std::error_code error;
  const auto is_there = [&] {
    return std::filesystem::exists(std::filesystem::symlink_status(there, error));
  };
  while (there.has_relative_path() && !is_there()) there = there.parent_path();
  if (!std::filesystem::is_directory(there, error)) return there.string() + " is not a folder";
  return "no folder can be made in " + there.string() + " (" +
         std::error_code(error_number, std::generic_category()).message() + ")";
}

}  // namespace

std::chrono::nanoseconds monotonic_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

void make_run_directory(storage::FileOps& files, const std::string& run_directory) {
  try {
    files.make_folders(run_directory + "/lease");
  } catch (const jobs::StorageError& error) {
    if (error.may_pass()) throw;
    throw jobs::Error(ExitCode::bad_config,
                      run_directory + " can't be a run directory: " +
                          what_is_in_the_way(run_directory + "/lease", error.error_number()) +
                          "; give another folder with --out or [job] out");
  }
}

Tenure::Tenure(storage::FileOps& files, std::string run_directory, const Claimant& claimant, Watcher& watcher)
    : wish_(wish_of(files, std::move(run_directory), claimant)) {
  auto taken = storage::take_lease(wish_);
  if (auto* lease = std::get_if<storage::Lease>(&taken)) {
    lease_ = std::move(*lease);
    return;
  }
  lease_ = wait_out(wish_, std::get<storage::Refused>(taken).holder, claimant, watcher);
  waited_ = true;
}

void Tenure::next_epoch() {
  auto taken = storage::take_lease(wish_);
  auto* lease = std::get_if<storage::Lease>(&taken);
  if (lease == nullptr) throw storage::FencedOff();
  lease_ = std::move(*lease);
}

void Tenure::beat(Watcher& watcher) {
  try {
    lease_->renew();
    failed_beats_ = 0;
  } catch (const jobs::StorageError& error) {
    // Said at once, then after 2, 4, 8 ... beats that failed.
    if (std::has_single_bit(++failed_beats_)) watcher.notice(error.what());
  }
}

namespace {

/// Videos lie in folders of the job's own choosing.
void sweep_videos(storage::FileOps& files, const std::string& folder, std::uint64_t epoch) {
  if (!files.exists(folder)) return;
  storage::sweep_folder(files, folder, epoch);
  std::error_code error;
  using Iterator = std::filesystem::recursive_directory_iterator;
  for (Iterator at(folder, error); !error && at != Iterator(); at.increment(error)) {
    if (at->is_directory(error)) storage::sweep_folder(files, at->path().string(), epoch);
  }
}

}  // namespace

void sweep_leftovers(storage::FileOps& files, const std::string& run_directory, std::uint64_t epoch) {
  storage::sweep_subfolders(files, run_directory + "/shots", epoch);
  storage::sweep_subfolders(files, run_directory + "/checkpoints", epoch);
  storage::sweep_folder(files, run_directory, epoch);
  storage::sweep_folder(files, run_directory + "/gallery", epoch);
  sweep_videos(files, run_directory + "/videos", epoch);
}

}  // namespace pia::farm
