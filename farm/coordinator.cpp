// SPDX-License-Identifier: Apache-2.0
#include "farm/coordinator.hpp"

#include <algorithm>

#include "farm/child/attempt.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using scheduler::WorkerId;
using storage::RecordType;

constexpr int kEncodingTries = 2;

}  // namespace

scheduler::ShotWork work_of(const jobs::PlannedShot& planned) {
  const jobs::Shot& shot = planned.shot;
  const double passes = shot.guidance_scale > 1 ? 2 : 1;
  const double pixels = static_cast<double>(shot.geometry.size.width) * shot.geometry.size.height;
  return {.id = planned.id,
          .model_key = model_key(shot),
          .steps = shot.steps,
          .cost = pixels * shot.frames * shot.steps * passes,
          .priority = planned.priority};
}

Coordinator::Coordinator(const CoordinatorParts& parts, const scheduler::Policy& policy)
    : parts_(parts), scheduler_(policy), max_attempts_(policy.max_attempts) {
  for (const jobs::PlannedShot& shot : parts_.plan.shots) planned_[shot.id.digest] = &shot;
  summary_.shots = static_cast<int>(parts_.plan.shots.size());
}

const jobs::PlannedShot* Coordinator::planned(const jobs::ShotId& shot) const {
  const auto found = planned_.find(shot.digest);
  return found == planned_.end() ? nullptr : found->second;
}

bool Coordinator::is_current(WorkerId worker, const jobs::ShotId& shot, int attempt) const {
  const auto current = running_.find(worker);
  return current != running_.end() && current->second.shot == shot && current->second.attempt == attempt;
}

void Coordinator::begin(const Found& found, scheduler::TimePoint now) {
  now_ = now;
  scheduler::ShotsSubmitted submitted;
  for (const jobs::PlannedShot& shot : parts_.plan.shots) submitted.shots.push_back(work_of(shot));
  apply(submitted);
  for (const jobs::ShotId& shot : found.done) apply(scheduler::ShotFoundDone{shot});
  take_spent(found.spent);
  summary_.done_before = static_cast<int>(found.done.size());
  to_encode_.assign(found.without_videos.begin(), found.without_videos.end());
}

/// Attempts are counted over all generations of a command; what was given up stays so.
void Coordinator::take_spent(const std::vector<Spent>& spent) {
  for (const Spent& story : spent) {
    reasons_before_[story.shot] = story.reason;
    const int attempts = story.gave_up ? max_attempts_ : story.failed_attempts;
    apply(scheduler::AttemptsSpent{story.shot, attempts});
  }
}

void Coordinator::apply(const scheduler::Event& event) {
  for (const scheduler::Command& command : scheduler_.handle(event, now_)) carry_out(command);
}

void Coordinator::carry_out(const scheduler::Command& command) {
  if (const auto* assign = std::get_if<scheduler::Assign>(&command)) {
    const jobs::PlannedShot* shot = planned(assign->shot);
    PIA_ASSERT(shot != nullptr);
    parts_.journal.append(RecordType::shot_assigned,
                          payload_of_shot(shot->id, assign->worker.value, assign->attempt));
    running_[assign->worker] = {shot->id, assign->attempt};
    reasons_before_.erase(shot->id);
    idle_.erase(assign->worker);
    outgoing_.emplace_back(
        assign->worker,
        RenderShot{
            .shot = *shot, .output = parts_.plan.output, .attempt = assign->attempt, .epoch = parts_.epoch});
    parts_.watcher.assigned(assign->worker, *shot, assign->attempt);
  } else if (const auto* stop = std::get_if<scheduler::StopShot>(&command)) {
    outgoing_.emplace_back(stop->worker, StopShot{stop->shot});
  } else if (const auto* kill = std::get_if<scheduler::KillRenderer>(&command)) {
    const jobs::PlannedShot* shot = planned(kill->shot);
    const std::string& reason = kill->reason;
    const int attempt = kill->attempt;
    parts_.journal.append(RecordType::attempt_failed, payload_of_failure(kill->shot, attempt, reason));
    if (shot != nullptr) parts_.watcher.attempt_failed(kill->worker, *shot, attempt, reason);
    running_.erase(kill->worker);
    outgoing_.emplace_back(kill->worker, KillRenderer{kill->shot});
  } else if (const auto* give_up = std::get_if<scheduler::GiveUp>(&command)) {
    const jobs::PlannedShot* shot = planned(give_up->shot);
    PIA_ASSERT(shot != nullptr);
    const auto before = reasons_before_.find(give_up->shot);
    const std::string& reason = before == reasons_before_.end() ? give_up->reason : before->second;
    parts_.journal.append(RecordType::shot_failed,
                          payload_of_failure(give_up->shot, give_up->attempts, reason));
    summary_.failures.push_back({shot->name, shot->id, reason});
    parts_.watcher.gave_up(*shot, reason);
  }
}

void Coordinator::take(WorkerId worker, const Message& message) {
  if (const auto* ready = std::get_if<Ready>(&message)) {
    take_ready(worker, *ready);
  } else if (const auto* step = std::get_if<StepReached>(&message)) {
    const jobs::PlannedShot* shot = planned(step->shot);
    if (shot == nullptr || !is_current(worker, step->shot, step->attempt)) return;
    apply(scheduler::StepDone{worker, step->shot, step->attempt, step->progress.step});
    parts_.watcher.progressed(worker, *shot, step->progress);
  } else if (const auto* committed = std::get_if<ShotCommitted>(&message)) {
    take_commit(worker, *committed);
  } else if (const auto* failed = std::get_if<ShotFailed>(&message)) {
    take_failure(worker, *failed);
  } else if (const auto* stopped = std::get_if<ShotStopped>(&message)) {
    const jobs::PlannedShot* shot = planned(stopped->shot);
    if (shot == nullptr || !is_current(worker, stopped->shot, stopped->attempt)) return;
    running_.erase(worker);
    parts_.journal.append(RecordType::shot_stopped, payload_of_stop(stopped->shot, stopped->step));
    parts_.watcher.stopped(worker, *shot, stopped->step);
    apply(scheduler::ShotStopped{worker, stopped->shot, stopped->attempt});
  } else if (const auto* videos = std::get_if<VideosMade>(&message)) {
    take_videos(*videos);
  } else if (const auto* notice = std::get_if<Notice>(&message)) {
    parts_.watcher.notice(notice->sentence);
  } else if (const auto* lost = std::get_if<WorkerLost>(&message)) {
    lost_.insert(worker);
    idle_.erase(worker);
    running_.erase(worker);
    take_encoding_back(worker);
    parts_.watcher.notice(lost->reason);
    if (static_cast<int>(lost_.size()) == parts_.worker_count) summary_.trouble = lost->reason;
    apply(scheduler::WorkerGone{worker});
  }
}

/// Videos that a renderer had at hand are gone with it.
void Coordinator::take_encoding_back(WorkerId worker) {
  for (auto at = encoding_.begin(); at != encoding_.end();) {
    const auto [shot, where] = *at;
    at = where == worker ? encoding_.erase(at) : std::next(at);
    if (where != worker) continue;
    if (++encoding_tries_[shot] < kEncodingTries) {
      to_encode_.push_back(shot);
    } else {
      summary_.video_troubles.push_back(planned(shot)->name +
                                        ": the renderer died while encoding its videos");
    }
  }
}

void Coordinator::take_ready(WorkerId worker, const Ready& ready) {
  if (ready.first) take_encoding_back(worker);
  apply(scheduler::WorkerReady{worker, ready.resident_model});
  // After an encode task the worker may have been given a shot already: then it is not idle.
  if (!running_.contains(worker)) idle_.insert(worker);
}

void Coordinator::take_commit(WorkerId worker, const ShotCommitted& committed) {
  const jobs::PlannedShot* shot = planned(committed.shot);
  if (shot == nullptr || !is_current(worker, committed.shot, committed.attempt)) return;
  // What a renderer says is not enough: the file must be there, with that size.
  if (parts_.store.size(committed.shot) != committed.size || committed.size == 0) {
    take_failure(worker,
                 {committed.shot, committed.attempt, scheduler::FailureKind::crash,
                  "the renderer said that it had committed the shot, but its result is not in the store"});
    return;
  }
  running_.erase(worker);
  const jobs::Timings& t = committed.timings;
  parts_.journal.append(
      RecordType::shot_committed,
      payload_of_commit(committed.shot, committed.size, t.load + t.encode + t.denoise + t.decode));
  ++summary_.done_now;
  encoding_[committed.shot] = worker;
  parts_.watcher.committed(worker, *shot, t);
  apply(scheduler::ShotCommitted{worker, committed.shot, committed.attempt});
}

void Coordinator::take_failure(WorkerId worker, const ShotFailed& failed) {
  const jobs::PlannedShot* shot = planned(failed.shot);
  if (shot == nullptr || !is_current(worker, failed.shot, failed.attempt)) return;
  running_.erase(worker);
  parts_.journal.append(RecordType::attempt_failed,
                        payload_of_failure(failed.shot, failed.attempt, failed.reason));
  parts_.watcher.attempt_failed(worker, *shot, failed.attempt, failed.reason);
  apply(scheduler::ShotFailed{worker, failed.shot, failed.attempt, failed.kind, failed.reason});
}

void Coordinator::take_videos(const VideosMade& videos) {
  const jobs::PlannedShot* shot = planned(videos.shot);
  if (shot == nullptr || encoding_.erase(videos.shot) == 0) return;
  if (!videos.trouble.empty()) summary_.video_troubles.push_back(shot->name + ": " + videos.trouble);
  parts_.watcher.videos_made(*shot, videos);
}

void Coordinator::hand_out_encoding() {
  while (!to_encode_.empty() && !idle_.empty() && !summary_.drained) {
    const WorkerId worker = *idle_.begin();
    idle_.erase(idle_.begin());
    const jobs::ShotId shot = to_encode_.front();
    to_encode_.pop_front();
    encoding_[shot] = worker;
    outgoing_.emplace_back(worker, EncodeShot{*planned(shot), parts_.plan.output});
  }
}

/// False while the journal can't be written: then nothing new is handed out, and nothing is lost either.
bool Coordinator::make_durable() {
  if (!parts_.journal.dirty()) return true;
  if (now_ < journal_retry_) return false;
  try {
    parts_.journal.commit();
    return true;
  } catch (const jobs::StorageError& error) {
    journal_retry_ = now_ + std::chrono::seconds(1);
    parts_.watcher.notice(std::string(error.what()) + "; nothing new is handed out until that works");
    return false;
  }
}

void Coordinator::pump(scheduler::TimePoint now) {
  now_ = now;
  while (auto incoming = parts_.workers.receive()) take(incoming->first, incoming->second);
  apply(scheduler::Tick{});
  hand_out_encoding();
  if (!make_durable()) return;
  for (const auto& [worker, message] : outgoing_) parts_.workers.send(worker, message);
  outgoing_.clear();
}

void Coordinator::drain(scheduler::TimePoint now) {
  if (summary_.drained) return;
  now_ = now;
  summary_.drained = true;
  parts_.journal.append(RecordType::drain_requested, "{}");
  parts_.watcher.draining();
  apply(scheduler::DrainRequested{});
}

bool Coordinator::finished() const {
  if (static_cast<int>(lost_.size()) == parts_.worker_count) return true;
  const bool encoded = encoding_.empty() && (to_encode_.empty() || summary_.drained);
  return scheduler_.finished() && encoded && outgoing_.empty() && !parts_.journal.dirty();
}

void Coordinator::dismiss_workers() {
  for (int i = 0; i < parts_.worker_count; ++i) parts_.workers.send(WorkerId{i}, Quit{});
}

}  // namespace pia::farm
