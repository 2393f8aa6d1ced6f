// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/status_facts.hpp"

#include <algorithm>

#include "farm/commands/job.hpp"
#include "farm/commands/measured.hpp"
#include "farm/videos.hpp"
#include "renderer/renderer.hpp"
#include "storage/checkpoint_store.hpp"

namespace pia::farm {
namespace {

RunStatus::Holder judge(const storage::LeaseState& lease) {
  if (lease.kind == storage::LeaseState::Kind::released) return RunStatus::Holder::nobody;
  if (lease.holder.boot_id != storage::describe_self("", "").boot_id) return RunStatus::Holder::elsewhere;
  return storage::holder_lives(lease.holder) ? RunStatus::Holder::alive : RunStatus::Holder::dead;
}

bool is_held(RunStatus::Holder holder) {
  return holder == RunStatus::Holder::alive || holder == RunStatus::Holder::elsewhere;
}

}  // namespace

ShotStatus shot_status(const jobs::PlannedShot& shot, const RunState& state, Held held) {
  ShotStatus found;
  found.steps = renderer::step_count(shot.shot);
  const auto story = state.history.shots.find(shot.id);
  if (story != state.history.shots.end()) {
    found.attempts = story->second.failed_attempts;
    found.reason = story->second.reason;
    if (story->second.gave_up) found.state = ShotStatus::State::failed;
  }
  if (held == Held::yes && state.at_work.contains(shot.id)) found.state = ShotStatus::State::running;
  if (state.done.contains(shot.id)) {
    const auto measures = state.history.measures.find(shot.id);
    found = {.state = ShotStatus::State::done, .steps = found.steps};
    if (measures != state.history.measures.end()) found.measures = measures->second;
  }
  return found;
}

int RunStatus::count(ShotStatus::State state) const {
  return static_cast<int>(std::count_if(shots.begin(), shots.end(),
                                        [state](const ShotStatus& shot) { return shot.state == state; }));
}

bool is_held(storage::FileOps& files, const std::string& run_directory) {
  const auto lease = storage::read_lease(files, run_directory);
  return lease && is_held(judge(*lease));
}

RunStatus read_status(storage::FileOps& files, const std::string& run_directory) {
  RunStatus status;
  status.plan = require_kept_plan(files, run_directory);
  status.plan.out = run_directory;
  const auto lease = storage::read_lease(files, run_directory);
  if (lease) {
    status.holder_is = judge(*lease);
    status.holder = lease->holder;
  }
  const RunState state = read_run_state(files, run_directory, status.plan, lease ? lease->epoch : 0);
  status.device = state.history.device;
  const std::string& renderer = state.history.renderer;
  status.renderer_words = renderer_words(renderer.empty() && status.device == "fake" ? "fake" : renderer,
                                         state.history.fake_step_seconds.value_or(kFakeStepSeconds));
  status.complaints = state.complaints;
  const storage::CheckpointStore checkpoints(files, run_directory);
  const auto kept = checkpoints.ids();
  for (const jobs::PlannedShot& shot : status.plan.shots) {
    ShotStatus found = shot_status(shot, state, is_held(status.holder_is) ? Held::yes : Held::no);
    if (found.state != ShotStatus::State::done && std::binary_search(kept.begin(), kept.end(), shot.id)) {
      const auto loaded = checkpoints.load(shot.id, shot.shot.dtype, status.device);
      if (loaded.checkpoint) found.checkpoint = loaded.checkpoint->next_step;
      status.complaints.insert(status.complaints.end(), loaded.rejected.begin(), loaded.rejected.end());
    }
    for (const std::string& file : video_files(shot, status.plan.output)) {
      if (files.exists(run_directory + "/" + file)) found.videos.push_back(file);
    }
    status.shots.push_back(std::move(found));
  }
  return status;
}

}  // namespace pia::farm
