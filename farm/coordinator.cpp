// SPDX-License-Identifier: Apache-2.0
#include "farm/coordinator.hpp"

#include <algorithm>
#include <utility>

#include "farm/child/attempt.hpp"
#include "jobs/core/error.hpp"
#include "renderer/renderer.hpp"

namespace pia::farm {
namespace {

using scheduler::WorkerId;
using storage::RecordType;

constexpr int kEncodingTries = 2;

// Nothing honest takes that long: starting a renderer on a slow shared disk, the videos of one shot.
constexpr std::chrono::minutes kWorkerPatience{10};

// A journal on a disk that is away; one that is full is waited for.
constexpr std::chrono::minutes kJournalPatience{10};
constexpr std::chrono::seconds kLongestJournalPause{60};

/// Nothing is begun by it, so it need not wait until the journal is durable.
bool ends_something(const Message& message) {
  return std::holds_alternative<StopShot>(message) || std::holds_alternative<KillRenderer>(message);
}

}  // namespace

scheduler::ShotWork work_of(const jobs::PlannedShot& planned) {
  const jobs::Shot& shot = planned.shot;
  const double passes = shot.guidance_scale > 1 ? 2 : 1;
  const double pixels = static_cast<double>(shot.geometry.size.width) * shot.geometry.size.height;
  return {.id = planned.id,
          .model_key = model_key(shot),
          .steps = shot.steps,
          .cost = pixels * static_cast<double>(renderer::frames_a_step(shot)) * shot.steps * passes,
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

bool Coordinator::is_running(const jobs::ShotId& shot) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const auto& one) { return one.second.shot == shot; });
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
  for (int i = 0; i < parts_.worker_count; ++i) unready_[WorkerId{i}] = now;
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
    let_go(kill->worker);
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
    take_step(worker, *step);
  } else if (const auto* waits = std::get_if<DiskAwaited>(&message)) {
    apply(scheduler::DiskAwaited{worker, waits->shot, waits->attempt});
  } else if (const auto* gone = std::get_if<DiskGone>(&message)) {
    parts_.watcher.notice(gone->reason + "; the run stops");
    drain(now_);
  } else if (const auto* committed = std::get_if<ShotCommitted>(&message)) {
    take_commit(worker, *committed);
  } else if (const auto* failed = std::get_if<ShotFailed>(&message)) {
    take_failure(worker, *failed);
  } else if (const auto* stopped = std::get_if<ShotStopped>(&message)) {
    take_stop(worker, *stopped);
  } else if (const auto* videos = std::get_if<VideosMade>(&message)) {
    take_videos(*videos);
  } else if (const auto* notice = std::get_if<Notice>(&message)) {
    parts_.watcher.notice(notice->sentence);
  } else if (const auto* lost = std::get_if<WorkerLost>(&message)) {
    take_loss(worker, *lost);
  }
}

void Coordinator::take_step(WorkerId worker, const StepReached& step) {
  const jobs::PlannedShot* shot = planned(step.shot);
  if (shot == nullptr || !is_current(worker, step.shot, step.attempt)) return;
  // Until the model is resident nothing is known about how long a step takes.
  if (step.progress.phase != renderer::Phase::loading) {
    apply(scheduler::StepDone{worker, step.shot, step.attempt, step.progress.step});
  }
  parts_.watcher.progressed(worker, *shot, step.progress);
}

void Coordinator::take_stop(WorkerId worker, const ShotStopped& stopped) {
  const jobs::PlannedShot* shot = planned(stopped.shot);
  if (shot == nullptr || !is_current(worker, stopped.shot, stopped.attempt)) return;
  let_go(worker);
  parts_.journal.append(RecordType::shot_stopped, payload_of_stop(stopped.shot, stopped.step));
  parts_.watcher.stopped(worker, *shot, stopped.step);
  apply(scheduler::ShotStopped{worker, stopped.shot, stopped.attempt});
}

void Coordinator::take_loss(WorkerId worker, const WorkerLost& lost) {
  lost_.insert(worker);
  idle_.erase(worker);
  running_.erase(worker);
  unready_.erase(worker);
  take_encoding_back(worker);
  parts_.watcher.notice(lost.reason);
  if (static_cast<int>(lost_.size()) == parts_.worker_count) summary_.trouble = lost.reason;
  apply(scheduler::WorkerGone{worker});
}

/// It renders no more; it should say that it is ready soon.
void Coordinator::let_go(WorkerId worker) {
  running_.erase(worker);
  unready_[worker] = now_;
}

/// A renderer that hangs outside of a shot: before its first word, or while it makes videos.
void Coordinator::look_for_silent_workers() {
  std::map<WorkerId, jobs::ShotId> silent;
  for (const auto& [worker, since] : unready_) {
    if (now_ - since > kWorkerPatience) silent.emplace(worker, jobs::ShotId{});
  }
  for (const auto& [shot, encoding] : encoding_) {
    const bool free = !running_.contains(encoding.worker);
    if (free && now_ - encoding.since > kWorkerPatience) silent.emplace(encoding.worker, shot);
  }
  for (auto& [worker, shot] : silent) {
    // It was given a shot as well, which it has not begun.
    if (const auto behind = running_.find(worker); behind != running_.end()) {
      const Current waiting = behind->second;
      shot = waiting.shot;
      take_stop(worker, {waiting.shot, waiting.attempt, 0});
    }
    take_encoding_back(worker);
    idle_.erase(worker);
    unready_[worker] = now_;
    outgoing_.emplace_back(worker, KillRenderer{shot});
  }
}

/// Videos that a renderer had at hand are gone with it.
void Coordinator::take_encoding_back(WorkerId worker) {
  for (auto at = encoding_.begin(); at != encoding_.end();) {
    if (at->second.worker != worker) {
      ++at;
      continue;
    }
    const jobs::ShotId shot = at->first;
    at = encoding_.erase(at);
    if (++encoding_tries_[shot] < kEncodingTries) {
      to_encode_.push_back(shot);
    } else {
      summary_.video_troubles.push_back(planned(shot)->name +
                                        ": the renderer died or hung while encoding its videos");
    }
  }
}

void Coordinator::take_ready(WorkerId worker, const Ready& ready) {
  if (ready.first) take_encoding_back(worker);
  unready_.erase(worker);
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
  let_go(worker);
  const jobs::Timings& t = committed.timings;
  parts_.journal.append(
      RecordType::shot_committed,
      payload_of_commit(committed.shot, committed.size, t.load + t.encode + t.denoise + t.decode));
  ++summary_.done_now;
  encoding_[committed.shot] = {worker, now_};
  parts_.watcher.committed(worker, *shot, t);
  apply(scheduler::ShotCommitted{worker, committed.shot, committed.attempt});
}

void Coordinator::take_failure(WorkerId worker, const ShotFailed& failed) {
  const jobs::PlannedShot* shot = planned(failed.shot);
  if (shot == nullptr || !is_current(worker, failed.shot, failed.attempt)) return;
  let_go(worker);
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
    encoding_[shot] = {worker, now_};
    unready_[worker] = now_;
    outgoing_.emplace_back(worker, EncodeShot{*planned(shot), parts_.plan.output});
  }
}

/// False while the journal can't be written: then nothing new is handed out, and nothing is lost either.
bool Coordinator::make_durable() {
  if (!parts_.journal.dirty()) return true;
  if (journal_trouble_ && now_ < journal_trouble_->retry) return false;
  try {
    parts_.journal.commit();
    journal_trouble_.reset();
    return true;
  } catch (const jobs::StorageError& error) {
    if (!journal_trouble_) journal_trouble_ = JournalTrouble{.since = now_, .retry = now_, .pause = {}};
    JournalTrouble& trouble = *journal_trouble_;
    trouble.pause = std::clamp(2 * trouble.pause, std::chrono::seconds(1), kLongestJournalPause);
    trouble.retry = now_ + trouble.pause;
    parts_.watcher.notice(std::string(error.what()) + " (nothing new is handed out until that works)");
    if (!error.is_full_disk() && now_ - trouble.since >= kJournalPatience) drain(now_);
    return false;
  }
}

/// A worker's time runs from when it is told, not from when that was decided.
void Coordinator::begin_patience(WorkerId worker, const Message& message) {
  if (const auto* render = std::get_if<RenderShot>(&message)) {
    apply(scheduler::DiskAwaited{worker, render->shot.id, render->attempt});
  }
  if (const auto* encode = std::get_if<EncodeShot>(&message)) {
    encoding_[encode->shot.id] = {worker, now_};
    unready_[worker] = now_;
  }
}

void Coordinator::send_out(bool durable) {
  std::deque<std::pair<WorkerId, Message>> held;
  for (auto& [worker, message] : outgoing_) {
    if (durable || ends_something(message)) {
      begin_patience(worker, message);
      parts_.workers.send(worker, message);
    } else {
      held.emplace_back(worker, std::move(message));
    }
  }
  outgoing_ = std::move(held);
}

void Coordinator::pump(scheduler::TimePoint now) {
  now_ = now;
  while (auto incoming = parts_.workers.receive()) take(incoming->first, incoming->second);
  // While the journal holds everything back, nobody can be blamed for silence.
  if (!journal_trouble_) {
    apply(scheduler::Tick{});
    look_for_silent_workers();
  }
  hand_out_encoding();
  send_out(make_durable());
}

/// What waits for the journal was never begun, and need not be stopped.
void Coordinator::take_back_held() {
  const auto held = std::exchange(outgoing_, {});
  for (const auto& [worker, message] : held) {
    const auto* render = std::get_if<RenderShot>(&message);
    const auto* encode = std::get_if<EncodeShot>(&message);
    const auto* stop = std::get_if<StopShot>(&message);
    if (render != nullptr) {
      take_stop(worker, {render->shot.id, render->attempt, 0});
      idle_.insert(worker);
      unready_.erase(worker);
    } else if (encode != nullptr) {
      encoding_.erase(encode->shot.id);
      to_encode_.push_front(encode->shot.id);
      idle_.insert(worker);
      unready_.erase(worker);
    } else if (stop == nullptr || is_running(stop->shot)) {
      outgoing_.emplace_back(worker, message);
    }
  }
}

void Coordinator::drain(scheduler::TimePoint now) {
  if (summary_.drained) return;
  now_ = now;
  summary_.drained = true;
  parts_.journal.append(RecordType::drain_requested, "{}");
  parts_.watcher.draining();
  apply(scheduler::DrainRequested{});
  take_back_held();
}

bool Coordinator::finished() const {
  if (static_cast<int>(lost_.size()) == parts_.worker_count) return true;
  const bool encoded = encoding_.empty() && (to_encode_.empty() || summary_.drained);
  // A stop does not wait for a disk: what the journal lacks, the next start finds in the store.
  const bool written = !parts_.journal.dirty() || (summary_.drained && journal_trouble_);
  return scheduler_.finished() && encoded && outgoing_.empty() && written;
}

void Coordinator::dismiss_workers() {
  for (int i = 0; i < parts_.worker_count; ++i) parts_.workers.send(WorkerId{i}, Quit{});
}

}  // namespace pia::farm
