// SPDX-License-Identifier: Apache-2.0
#include "farm/run_directory.hpp"

#include <bit>
#include <chrono>
#include <ctime>
#include <random>
#include <thread>

#include "dsl/plan_json.hpp"
#include "farm/run_files.hpp"
#include "farm/videos.hpp"
#include "jobs/core/error.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/shot_store.hpp"
#include "storage/temporary.hpp"

namespace pia::farm {
namespace {

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
  return folder + " is being rendered by process " + std::to_string(holder.pid) + " on " + holder.host +
         " since " + holder.since;
}

/// How long an owner must stand still before it is taken for dead, if this process can't look at it: it was
/// of an earlier boot or container of this machine, or it is of another machine.
std::chrono::seconds patience_with(const storage::Holder& holder, const storage::Holder& self) {
  return std::chrono::seconds(holder.host == self.host ? 15 : 60);
}

/// Watches an owner that can't be asked, until it has stood still for long enough.
storage::Lease wait_out(const storage::LeaseWish& wish, const storage::Holder& holder, Watcher& watcher) {
  const auto patience = patience_with(holder, wish.self);
  watcher.notice(who_has_it(wish.run_directory, holder) +
                 ", which can't be asked from here; it is taken over after " +
                 std::to_string(patience.count()) + " s without a sign of life");
  storage::StaleWatch watch(patience);
  while (true) {
    auto taken = watch.try_take(wish, std::chrono::steady_clock::now().time_since_epoch());
    if (auto* lease = std::get_if<storage::Lease>(&taken)) return std::move(*lease);
    const storage::Holder& now = std::get<storage::Refused>(taken).holder;
    if (now != holder) {
      throw jobs::Error(jobs::ExitCode::unavailable,
                        who_has_it(wish.run_directory, now) + "; wait for it, or stop it first");
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

storage::Lease take_or_explain(storage::FileOps& files, const std::string& folder, Watcher& watcher) {
  const storage::LeaseWish wish{
      .files = files, .run_directory = folder, .self = storage::describe_self(random_nonce(), wall_clock())};
  auto taken = storage::take_lease(wish);
  if (auto* lease = std::get_if<storage::Lease>(&taken)) return std::move(*lease);
  const storage::Holder holder = std::get<storage::Refused>(taken).holder;
  if (holder.boot_id != wish.self.boot_id) return wait_out(wish, holder, watcher);
  throw jobs::Error(jobs::ExitCode::unavailable,
                    who_has_it(folder, holder) + "; wait for it, or stop it first");
}

void refuse_another_job(storage::FileOps& files, const jobs::Plan& plan) {
  std::optional<jobs::Plan> there;
  try {
    there = read_plan(files, plan.out);
  } catch (const jobs::InputError&) {
    return;
  }
  if (there && there->job_name != plan.job_name) {
    throw jobs::Error(jobs::ExitCode::bad_config,
                      plan.out + " belongs to the job \"" + there->job_name +
                          "\"; give this one another folder with --out or [job] out");
  }
}

}  // namespace

std::optional<jobs::Plan> read_plan(storage::FileOps& files, const std::string& run_directory) {
  if (!files.exists(plan_file(run_directory))) return std::nullopt;
  const auto bytes = files.read(plan_file(run_directory));
  return dsl::plan_from_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

OwnedRun::OwnedRun(const jobs::Plan& plan, Watcher& watcher)
    : folder_(plan.out), files_(storage::make_posix_file_ops()) {
  refuse_another_job(*files_, plan);
  files_->make_folders(folder_);
  lease_ = take_or_explain(*files_, folder_, watcher);
  sweep(epoch());
  files_->make_folders(worker_log_folder(folder_));
  const storage::Replay replayed = storage::replay(*files_, folder_);
  for (const std::string& complaint : replayed.complaints) watcher.notice(complaint);
  std::vector<std::string> complaints;
  history_ = fold(replayed.records, complaints);
  for (const std::string& complaint : complaints) watcher.notice(complaint);
}

void OwnedRun::adopt(const jobs::Plan& plan) {
  const std::string json = dsl::plan_to_json(plan);
  storage::replace_file(*files_, plan_file(folder_), std::as_bytes(std::span(json)),
                        "e" + std::to_string(epoch()));
}

void OwnedRun::sweep(std::uint64_t before_epoch) {
  storage::ShotStore(*files_, folder_).sweep(before_epoch);
  storage::CheckpointStore(*files_, folder_).sweep(before_epoch);
  storage::sweep_folder(*files_, folder_, before_epoch);
}

OwnedRun::~OwnedRun() {
  try {
    lease_->check();
    // The renderers of this run are gone: what a killed one left aside is nobody's.
    sweep(epoch() + 1);
    lease_->release();
  } catch (...) {
    // Not given back, it is taken back: this process is about to be gone.
  }
}

bool OwnedRun::is_done(const jobs::ShotId& shot, storage::ShotStore& store, Watcher& watcher) const {
  const auto size = store.size(shot);
  if (!size) return false;
  const auto recorded = history_.committed.find(shot);
  if (recorded != history_.committed.end() && recorded->second == *size) return true;
  try {
    if (store.load(shot)) return true;
  } catch (const jobs::StorageError& error) {
    // With an errno the disk is away, not the result: a passing fault must not cost a good one.
    if (error.error_number() != 0) throw;
    watcher.notice(std::string(error.what()) + "; it is put aside and rendered again");
  }
  store.set_aside(shot);
  return false;
}

Coordinator::Found OwnedRun::find_done(const jobs::Plan& plan, Watcher& watcher) {
  storage::ShotStore store(*files_, folder_);
  storage::CheckpointStore checkpoints(*files_, folder_);
  Coordinator::Found found;
  for (const jobs::PlannedShot& shot : plan.shots) {
    if (!is_done(shot.id, store, watcher)) continue;
    found.done.push_back(shot.id);
    checkpoints.remove(shot.id);
    if (!lacking_formats(shot, plan.output, folder_).empty()) found.without_videos.push_back(shot.id);
  }
  return found;
}

void OwnedRun::beat(Watcher& watcher) {
  try {
    lease_->renew();
    failed_beats_ = 0;
  } catch (const jobs::StorageError& error) {
    // Said at once, then after 2, 4, 8 ... beats that failed.
    if (std::has_single_bit(++failed_beats_)) watcher.notice(error.what());
  }
}

}  // namespace pia::farm
