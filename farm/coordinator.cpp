// SPDX-License-Identifier: Apache-2.0
#include "farm/coordinator.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "farm/shot_work.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using scheduler::WorkerId;
using storage::RecordType;

// Nothing honest takes that long: starting a renderer on a slow shared disk, the videos of one shot.
constexpr std::chrono::minutes kWorkerPatience{10};

// Silence is told in seconds; asking all workers at every message would cost more than the messages.
constexpr std::chrono::seconds kLookAround{1};

}  // namespace

Coordinator::Coordinator(const CoordinatorParts& parts, const scheduler::Policy& policy)
    : parts_(parts),
      scheduler_(policy),
      max_attempts_(policy.max_attempts),
      outbox_(parts.journal),
      watch_(parts.silence, parts.worker_count) {
  for (const jobs::PlannedShot& shot : parts_.plan.shots) planned_[shot.id.digest] = &shot;
  summary_.shots = static_cast<int>(parts_.plan.shots.size());
}

const jobs::PlannedShot* Coordinator::planned(const jobs::ShotId& shot) const {
  const auto found = planned_.find(shot.digest);
  return found == planned_.end() ? nullptr : found->second;
}

void Coordinator::note(RecordType type, const std::string& payload) {
  const double now = std::chrono::duration<double>(now_).count();
  parts_.journal.append(type,
                        parts_.wall_at_zero > 0 ? stamped(payload, parts_.wall_at_zero + now) : payload);
}

std::string Coordinator::name_of(WorkerId worker) const {
  const std::string name = "worker " + std::to_string(worker.value + 1);
  const auto place = places_.find(worker);
  return place == places_.end() ? name : name + " on " + place->second.host;
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
  clock_.listen(now);
  scheduler::ShotsSubmitted submitted;
  for (const jobs::PlannedShot& shot : parts_.plan.shots) submitted.shots.push_back(work_of(shot));
  apply(submitted);
  for (const jobs::ShotId& shot : found.done) apply(scheduler::ShotFoundDone{shot});
  take_spent(found.spent);
  gpus_before_ = found.gpus;
  summary_.done_before = static_cast<int>(found.done.size());
  videos_.add(found.without_videos);
  for (int i = 0; i < parts_.worker_count; ++i) readiness_.wait_for(WorkerId{i}, clock_.time());
}

/// Attempts are counted over all generations of a command; what was given up stays so.
void Coordinator::take_spent(const std::vector<Spent>& spent) {
  for (const Spent& story : spent) {
    reasons_before_[story.shot] = story.reason;
    const int attempts = story.gave_up ? max_attempts_ : story.failed_attempts;
    using Kind = scheduler::FailureKind;
    apply(scheduler::AttemptsSpent{story.shot, attempts, story.out_of_memory ? Kind::memory : Kind::crash});
  }
}

void Coordinator::apply(const scheduler::Event& event) {
  for (const scheduler::Command& command : scheduler_.handle(event, clock_.time())) {
    std::visit([this](const auto& one) { carry_out(one); }, command);
  }
}

void Coordinator::carry_out(const scheduler::Assign& assign) {
  const jobs::PlannedShot* shot = planned(assign.shot);
  PIA_ASSERT(shot != nullptr);
  note(RecordType::shot_assigned, payload_of_shot(shot->id, assign.worker.value, assign.attempt));
  running_[assign.worker] = {.shot = shot->id, .attempt = assign.attempt};
  reasons_before_.erase(shot->id);
  readiness_.has_a_shot(assign.worker);
  outbox_.put(
      assign.worker,
      RenderShot{
          .shot = *shot, .output = parts_.plan.output, .attempt = assign.attempt, .epoch = parts_.epoch});
  parts_.watcher.assigned(assign.worker, *shot, assign.attempt);
}

void Coordinator::carry_out(const scheduler::StopShot& stop) {
  outbox_.put(stop.worker, StopShot{stop.shot});
}

void Coordinator::carry_out(const scheduler::KillRenderer& kill) {
  const jobs::PlannedShot* shot = planned(kill.shot);
  note_failure(kill.worker, {kill.shot, kill.attempt, scheduler::FailureKind::hang, kill.reason});
  if (shot != nullptr) parts_.watcher.attempt_failed(kill.worker, *shot, kill.attempt, kill.reason);
  let_go(kill.worker);
  outbox_.put(kill.worker, KillRenderer{kill.shot});
}

void Coordinator::carry_out(const scheduler::RestWorker& rest) {
  note(RecordType::worker_rested, payload_of(WorkerTrouble{rest.worker.value, rest.reason}));
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(rest.time).count();
  parts_.watcher.notice(name_of(rest.worker) + " gets nothing for " + std::to_string(hours) +
                        " hours: " + rest.reason);
}

void Coordinator::carry_out(const scheduler::GiveUp& give_up) {
  const jobs::PlannedShot* shot = planned(give_up.shot);
  PIA_ASSERT(shot != nullptr);
  const auto before = reasons_before_.find(give_up.shot);
  const std::string& reason = before == reasons_before_.end() ? give_up.reason : before->second;
  note(RecordType::shot_failed, payload_of_failure(give_up.shot, give_up.attempts, reason));
  summary_.failures.push_back({shot->name, shot->id, reason});
  parts_.watcher.gave_up(*shot, reason);
}

void Coordinator::carry_out(const scheduler::Dismiss&) {
  // Videos may still be wanted of that worker: all go home together (dismiss_workers).
}

/// How far the attempt came that runs on `worker`.
StepsDone Coordinator::steps_on(WorkerId worker) const {
  const auto current = running_.find(worker);
  return current == running_.end() ? StepsDone{} : current->second.steps.value_or(StepsDone{});
}

void Coordinator::note_failure(WorkerId worker, const ShotFailed& failed) {
  const std::string payload =
      payload_of_failure(failed.shot, failed.attempt, failed.reason, steps_on(worker));
  using Kind = scheduler::FailureKind;
  note(RecordType::attempt_failed, failed.kind == Kind::device   ? blaming_gpu_of(payload, worker.value)
                                   : failed.kind == Kind::memory ? blaming_memory(payload)
                                                                 : payload);
}

void Coordinator::take(WorkerId worker, const Message& message) {
  if (const auto* ready = std::get_if<Ready>(&message)) {
    take_ready(worker, *ready);
  } else if (const auto* step = std::get_if<StepReached>(&message)) {
    take_step(worker, *step);
  } else if (const auto* goes_on = std::get_if<StepGoesOn>(&message)) {
    apply(scheduler::AttemptAlive{worker, goes_on->shot, goes_on->attempt,
                                  scheduler::AttemptAlive::Doing::a_step});
  } else if (const auto* waits = std::get_if<DiskAwaited>(&message)) {
    apply(scheduler::AttemptAlive{worker, waits->shot, waits->attempt});
  } else if (const auto* gone = std::get_if<DiskGone>(&message)) {
    parts_.watcher.notice(gone->reason + "; the run stops");
    drain(now_);
  } else if (const auto* asked = std::get_if<StagingAsked>(&message)) {
    if (is_current(worker, asked->shot, asked->attempt)) staging_.ask(worker);
  } else if (const auto* ended = std::get_if<StagingEnded>(&message)) {
    if (is_current(worker, ended->shot, ended->attempt)) staging_.end(worker);
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
    take_loss(worker, {worker.value, lost->reason});
  } else if (const auto* alive = std::get_if<Alive>(&message)) {
    take_place(worker, *alive);
  } else if (std::holds_alternative<MayBeSilent>(message)) {
    watch_.let_wait(worker);
  }
}

void Coordinator::take_place(WorkerId worker, const Alive& alive) {
  const auto [place, fresh] = places_.try_emplace(worker, alive);
  if (!fresh) return;
  note(RecordType::worker_known, payload_of_worker(worker.value, alive.host, alive.gpu));
  apply(scheduler::WorkerPlaced{worker, alive.host});
  const auto before = gpus_before_.find({alive.host, alive.gpu});
  if (before == gpus_before_.end()) return;
  using Rest = scheduler::StrikesBefore::Rest;
  const auto& [strikes, rested] = before->second;
  apply(scheduler::StrikesBefore{worker, {strikes.begin(), strikes.end()}, rested ? Rest::yes : Rest::no});
}

void Coordinator::take_step(WorkerId worker, const StepReached& step) {
  const jobs::PlannedShot* shot = planned(step.shot);
  if (shot == nullptr || !is_current(worker, step.shot, step.attempt)) return;
  std::optional<StepsDone>& steps = running_.at(worker).steps;
  if (!steps) steps = StepsDone{.from = step.progress.step};
  steps->reached = step.progress.step;
  // Until the model is resident nothing is known about how long a step takes.
  if (step.progress.phase != renderer::Phase::loading) {
    apply(scheduler::StepDone{worker, step.shot, step.attempt, step.progress.step});
  }
  parts_.watcher.progressed(worker, *shot, step.progress);
}

void Coordinator::take_stop(WorkerId worker, const ShotStopped& stopped) {
  const jobs::PlannedShot* shot = planned(stopped.shot);
  if (shot == nullptr || !is_current(worker, stopped.shot, stopped.attempt)) return;
  note(RecordType::shot_stopped, payload_of_stop(stopped.shot, stopped.step, steps_on(worker)));
  let_go(worker);
  parts_.watcher.stopped(worker, *shot, stopped.step);
  apply(scheduler::ShotStopped{worker, stopped.shot, stopped.attempt});
}

/// Its shot goes back, and keeps its attempts: it is not at fault.
void Coordinator::take_loss(WorkerId worker, const WorkerTrouble& trouble) {
  note(RecordType::worker_lost, payload_of(trouble));
  parts_.watcher.notice(trouble.reason);
  outbox_.forget(worker);
  jobs::ShotId shot;
  if (const auto current = running_.find(worker); current != running_.end()) {
    const Current at_work = current->second;
    shot = at_work.shot;
    take_stop(worker, {at_work.shot, at_work.attempt, steps_on(worker).from});
  }
  // Should it live, or come back, its renderer dies at once, and nobody listens to what it says.
  parts_.workers.send(worker, KillRenderer{shot});
  parts_.workers.send(worker, Quit{});
  lost_.insert(worker);
  watch_.forget(worker);
  readiness_.forget(worker);
  take_videos_back(worker);
  if (static_cast<int>(lost_.size()) == parts_.worker_count) summary_.trouble = trouble.reason;
  apply(scheduler::WorkerGone{worker});
  stop_if_too_few();
}

/// A worker in another process that says nothing.
void Coordinator::look_for_lost_workers() {
  for (const WorkerId worker : watch_.silent()) {
    silent_.insert(worker);
    const auto seconds = static_cast<long long>(std::ceil(parts_.silence->count()));
    take_loss(worker, {.worker = worker.value,
                       .reason = name_of(worker) + " has not been heard of for " + std::to_string(seconds) +
                                 " s and is given up; its shot goes to the others",
                       .kind = WorkerTrouble::Kind::silent});
  }
}

void Coordinator::stop_if_too_few() {
  if (summary_.drained || static_cast<int>(silent_.size()) <= parts_.losses_tolerated) return;
  summary_.trouble = std::to_string(silent_.size()) + " of " + std::to_string(parts_.worker_count) +
                     " workers are lost; the farm begins again without them";
  parts_.watcher.notice(summary_.trouble);
  drain(now_);
}

/// It renders no more; it should say that it is ready soon.
void Coordinator::let_go(WorkerId worker) {
  running_.erase(worker);
  staging_.end(worker);
  readiness_.wait_for(worker, clock_.time());
}

/// A renderer that hangs outside of a shot: before its first word, or while it makes videos.
void Coordinator::look_for_silent_workers() {
  std::map<WorkerId, jobs::ShotId> silent;
  for (const WorkerId worker : readiness_.overdue(clock_.time(), kWorkerPatience)) silent[worker] = {};
  for (const auto& [worker, shot] : videos_.overdue(clock_.time(), kWorkerPatience)) {
    if (!running_.contains(worker)) silent.emplace(worker, shot);
  }
  for (const auto& [worker, shot] : silent) end_silent(worker, shot);
}

void Coordinator::end_silent(WorkerId worker, jobs::ShotId shot) {
  // It was given a shot as well, which it has not begun.
  if (const auto behind = running_.find(worker); behind != running_.end()) {
    const Current waiting = behind->second;
    shot = waiting.shot;
    take_stop(worker, {waiting.shot, waiting.attempt, 0});
  }
  take_videos_back(worker);
  readiness_.wait_for(worker, clock_.time());
  outbox_.put(worker, KillRenderer{shot});
}

/// Videos that a renderer had at hand are gone with it.
void Coordinator::take_videos_back(WorkerId worker) {
  for (const jobs::ShotId& shot : videos_.take_back(worker)) {
    summary_.video_troubles.push_back(planned(shot)->name +
                                      ": the renderer died or hung while encoding its videos");
  }
}

void Coordinator::take_ready(WorkerId worker, const Ready& ready) {
  if (ready.first) take_videos_back(worker);
  readiness_.answered(worker);
  apply(scheduler::WorkerReady{worker, ready.resident_model});
  // After an encode task the worker may have been given a shot already: then it is not idle.
  if (!running_.contains(worker)) readiness_.is_idle(worker);
}

void Coordinator::take_commit(WorkerId worker, const ShotCommitted& committed) {
  const jobs::PlannedShot* shot = planned(committed.shot);
  if (shot == nullptr || !is_current(worker, committed.shot, committed.attempt)) return;
  // What a renderer says is not enough: the file must be there, with that size.
  const ResultLook look = look_for(parts_.store, committed);
  if (look.there == false) {
    fail(worker, {committed.shot, committed.attempt, scheduler::FailureKind::crash,
                  "the renderer said that it had committed the shot, but its result is not in the store"});
    return;
  }
  count_as_done(worker, committed);
  videos_.began(committed.shot, worker, clock_.time());
  if (look.there) {
    record(committed);
  } else {
    parts_.watcher.notice(look.trouble + " (looking again whether " + shot->name + " is there)");
    unproven_.add(committed, clock_.time());
  }
}

void Coordinator::record(const ShotCommitted& committed) {
  note(RecordType::shot_committed,
       payload_of_commit(committed.shot, committed.size, committed.timings, committed.measures));
}

void Coordinator::count_as_done(WorkerId worker, const ShotCommitted& committed) {
  let_go(worker);
  ++summary_.done_now;
  parts_.watcher.committed(worker, *planned(committed.shot),
                           {.timings = committed.timings, .measures = committed.measures});
  apply(scheduler::ShotCommitted{worker, committed.shot, committed.attempt});
}

void Coordinator::look_for_unproven() {
  const auto answers = unproven_.look_again(parts_.store, clock_.time());
  for (const ShotCommitted& committed : answers.there) record(committed);
  for (const ShotCommitted& committed : answers.missing) {
    --summary_.done_now;
    parts_.watcher.notice(planned(committed.shot)->name +
                          ": its result is not in the store after all; run again");
  }
  if (answers.away.empty()) return;
  parts_.watcher.notice(answers.away + "; the run stops");
  drain(now_);
}

/// A renderer may die between keeping a result and saying so.
bool Coordinator::take_unsaid_commit(WorkerId worker, const ShotFailed& failed) {
  try {
    const auto size = parts_.store.size(failed.shot);
    if (!size) return false;
    const ShotCommitted committed{
        .shot = failed.shot, .attempt = failed.attempt, .size = *size, .timings = {}};
    count_as_done(worker, committed);
    record(committed);
    videos_.add({failed.shot});
    return true;
  } catch (const jobs::StorageError&) {
    // The next attempt looks again.
    return false;
  }
}

void Coordinator::take_failure(WorkerId worker, const ShotFailed& failed) {
  const jobs::PlannedShot* shot = planned(failed.shot);
  if (shot == nullptr || !is_current(worker, failed.shot, failed.attempt)) return;
  if (take_unsaid_commit(worker, failed)) return;
  fail(worker, failed);
}

void Coordinator::fail(WorkerId worker, const ShotFailed& failed) {
  note_failure(worker, failed);
  let_go(worker);
  parts_.watcher.attempt_failed(worker, *planned(failed.shot), failed.attempt, failed.reason);
  apply(scheduler::ShotFailed{worker, failed.shot, failed.attempt, failed.kind, failed.reason});
}

void Coordinator::take_videos(const VideosMade& videos) {
  const jobs::PlannedShot* shot = planned(videos.shot);
  if (shot == nullptr || !videos_.made(videos.shot)) return;
  if (!videos.trouble.empty()) summary_.video_troubles.push_back(shot->name + ": " + videos.trouble);
  parts_.watcher.videos_made(*shot, videos);
}

void Coordinator::hand_out_videos() {
  while (videos_.waiting() && !summary_.drained) {
    const auto worker = readiness_.take_idle();
    if (!worker) return;
    outbox_.put(*worker, EncodeShot{*planned(videos_.hand_out(*worker, clock_.time())), parts_.plan.output,
                                    parts_.epoch});
  }
}

/// A worker's time runs from when it is told, not from when that was decided.
void Coordinator::begin_patience(WorkerId worker, const Message& message) {
  if (const auto* render = std::get_if<RenderShot>(&message)) {
    apply(scheduler::AttemptAlive{worker, render->shot.id, render->attempt});
  }
  if (const auto* encode = std::get_if<EncodeShot>(&message)) {
    videos_.began(encode->shot.id, worker, clock_.time());
    readiness_.wait_for(worker, clock_.time());
  }
}

void Coordinator::send_out() {
  const Outbox::Release release = outbox_.release(now_);
  for (const auto& [worker, message] : release.messages) {
    begin_patience(worker, message);
    parts_.workers.send(worker, message);
  }
  if (release.complaint.empty()) return;
  parts_.watcher.notice(release.complaint + " (nothing new is handed out until that works)");
  if (release.away_too_long) drain(now_);
}

/// A turn costs nothing that the journal need know of.
void Coordinator::begin_staging() {
  for (const WorkerId worker : staging_.begun()) {
    const Current& current = running_.at(worker);
    parts_.workers.send(worker, StagingBegins{current.shot, current.attempt});
  }
}

/// For whoever says nothing any more.
void Coordinator::look_around() {
  if (looked_around_ && now_ - *looked_around_ < kLookAround) return;
  looked_around_ = now_;
  look_for_lost_workers();
  // While the journal holds everything back, nobody can be blamed for silence.
  if (outbox_.in_trouble()) return;
  apply(scheduler::Tick{});
  look_for_silent_workers();
}

void Coordinator::pump(scheduler::TimePoint now) {
  now_ = now;
  clock_.listen(now);
  watch_.listen(now);
  while (auto incoming = parts_.workers.receive()) {
    if (lost_.contains(incoming->first)) continue;
    watch_.heard_of(incoming->first);
    take(incoming->first, incoming->second);
  }
  look_around();
  look_for_unproven();
  begin_staging();
  hand_out_videos();
  send_out();
}

/// What waits for the journal was never begun, and need not be stopped.
void Coordinator::take_back_held() {
  for (const auto& [worker, message] : outbox_.take_back()) {
    const auto* render = std::get_if<RenderShot>(&message);
    const auto* encode = std::get_if<EncodeShot>(&message);
    const auto* stop = std::get_if<StopShot>(&message);
    if (render != nullptr) {
      take_stop(worker, {render->shot.id, render->attempt, 0});
      readiness_.is_idle(worker);
    } else if (encode != nullptr) {
      videos_.put_back(encode->shot.id);
      readiness_.is_idle(worker);
    } else if (stop == nullptr || is_running(stop->shot)) {
      outbox_.put(worker, message);
    }
  }
}

void Coordinator::drain(scheduler::TimePoint now) {
  if (summary_.drained) return;
  now_ = now;
  summary_.drained = true;
  note(RecordType::drain_requested, "{}");
  parts_.watcher.draining();
  apply(scheduler::DrainRequested{});
  take_back_held();
  // A stop does not wait for a disk: the next start looks for itself.
  summary_.done_now -= unproven_.give_up();
}

bool Coordinator::finished() const {
  if (static_cast<int>(lost_.size()) == parts_.worker_count) return true;
  const bool encoded = !videos_.in_the_making() && (!videos_.waiting() || summary_.drained);
  // A stop does not wait for a disk: what the journal lacks, the next start finds in the store.
  const bool written = !parts_.journal.dirty() || (summary_.drained && outbox_.in_trouble());
  return scheduler_.finished() && encoded && outbox_.empty() && unproven_.empty() && written;
}

void Coordinator::dismiss_workers() {
  for (int i = 0; i < parts_.worker_count; ++i) parts_.workers.send(WorkerId{i}, Quit{});
}

}  // namespace pia::farm
