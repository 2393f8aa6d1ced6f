// SPDX-License-Identifier: Apache-2.0
#include "farm/run_directory.hpp"

#include "dsl/plan_json.hpp"
#include "farm/clocks.hpp"
#include "farm/run_files.hpp"
#include "farm/run_rules.hpp"
#include "farm/videos.hpp"
#include "jobs/core/error.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

void refuse_another_job(const std::string& there, const jobs::Plan& plan) {
  if (there.empty() || there == plan.job_name) return;
  throw jobs::Error(jobs::ExitCode::bad_config,
                    plan.out + " belongs to the job \"" + there +
                        "\"; give this one another folder with --out or [job] out");
}

/// Empty if there is no plan that can be read; the journal may know it then.
std::string job_of_kept_plan(storage::FileOps& files, const std::string& folder) {
  try {
    const auto there = read_plan(files, folder);
    return there ? there->job_name : "";
  } catch (const jobs::InputError&) {
    return "";
  }
}

}  // namespace

OwnedRun::OwnedRun(const jobs::Plan& plan, Watcher& watcher, const Claimant& claimant)
    : folder_(plan.out), files_(storage::make_posix_file_ops()) {
  refuse_another_job(job_of_kept_plan(*files_, folder_), plan);
  make_run_directory(*files_, folder_);
  tenure_.emplace(*files_, folder_, claimant, watcher);
  sweep_leftovers(*files_, folder_, epoch());
  files_->make_folders(worker_log_folder(folder_));
  read_again(watcher);
  try {
    refuse_another_job(history_.job, plan);
  } catch (const jobs::Error&) {
    tenure_->release();
    throw;
  }
}

void OwnedRun::read_again(Watcher& watcher) {
  const storage::Replay replayed = storage::replay(*files_, folder_);
  std::vector<std::string> complaints = sentences(replayed.complaints);
  history_ = fold(replayed.records, complaints);
  for (const std::string& complaint : complaints) watcher.notice(complaint);
}

void OwnedRun::next_epoch(Watcher& watcher) {
  tenure_->next_epoch();
  sweep_leftovers(*files_, folder_, epoch());
  read_again(watcher);
}

void OwnedRun::adopt(const jobs::Plan& plan) {
  const std::string json = dsl::plan_to_json(plan);
  storage::replace_file(*files_, plan_file(folder_), std::as_bytes(std::span(json)),
                        "e" + std::to_string(epoch()));
}

OwnedRun::~OwnedRun() {
  try {
    tenure_->check();
    // The renderers of this run are gone: what a killed one left aside is nobody's.
    sweep_leftovers(*files_, folder_, epoch() + 1);
    tenure_->release();
  } catch (...) {
    // Not given back, it is taken back: this process is about to be gone.
  }
}

bool OwnedRun::is_done(const jobs::ShotId& shot, storage::ShotStore& store, const std::string& renderer,
                       Watcher& watcher) const {
  const auto size = store.size(shot);
  if (!size) return false;
  const auto recorded = history_.committed.find(shot);
  if (recorded != history_.committed.end() && recorded->second == *size) return true;
  const storage::ShotStore::Sound kept = store.load_sound(shot);
  if (!kept.damage.empty()) watcher.notice(kept.damage);
  if (kept.result) refuse_to_mix(kept.result->provenance.device_kind, folder_, renderer);
  return kept.result.has_value();
}

/// A coordinator may die between a result and its record.
void OwnedRun::record(const std::vector<jobs::ShotId>& done, const storage::ShotStore& store,
                      Watcher& watcher) {
  storage::Journal journal(*files_, folder_, epoch(), history_.next_sequence);
  auto committed = history_.committed;
  for (const jobs::ShotId& shot : done) {
    const auto recorded = history_.committed.find(shot);
    const auto size = store.size(shot);
    if (!size || (recorded != history_.committed.end() && recorded->second == *size)) continue;
    const std::string payload = stamped(payload_of_commit(shot, *size, 0), wall_seconds());
    history_.next_sequence = journal.append(storage::RecordType::shot_committed, payload) + 1;
    committed[shot] = *size;
  }
  try {
    if (journal.dirty()) journal.commit();
    history_.committed = std::move(committed);
  } catch (const jobs::StorageError& error) {
    // It is tried again by who next looks what is done.
    watcher.notice(error.what());
  }
}

Coordinator::Found OwnedRun::find_done(const jobs::Plan& plan, const std::string& renderer,
                                       Watcher& watcher) {
  storage::ShotStore store(*files_, folder_);
  storage::CheckpointStore checkpoints(*files_, folder_);
  Coordinator::Found found;
  for (const jobs::PlannedShot& shot : plan.shots) {
    if (!is_done(shot.id, store, renderer, watcher)) continue;
    found.done.push_back(shot.id);
    checkpoints.remove(shot.id);
    if (!lacking_formats(shot, plan.output, folder_).empty()) found.without_videos.push_back(shot.id);
  }
  record(found.done, store, watcher);
  return found;
}

void OwnedRun::beat(Watcher& watcher) {
  tenure_->beat(watcher);
}

}  // namespace pia::farm
