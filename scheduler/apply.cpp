// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "scheduler/table.hpp"

namespace pia::scheduler {
namespace {

/// The attempt a message is about, if that attempt runs right now.
struct Attempt {
  ShotRecord* shot = nullptr;
  WorkerRecord* worker = nullptr;
  Running* run = nullptr;
};

template <class Message>
Attempt find_attempt(Table& table, const Message& message) {
  ShotRecord* shot = find_shot(table, message.shot);
  WorkerRecord* worker = find_worker(table, message.worker);
  if (shot == nullptr || worker == nullptr) return {};
  Running* run = running(*shot);
  if (run == nullptr || run->worker != message.worker || run->attempt != message.attempt) return {};
  return {.shot = shot, .worker = worker, .run = run};
}

void learn_speed(Table& table, const ShotRecord& shot, const Running& run) {
  const double step = median(run.progress.step_seconds);
  if (step <= 0 || shot.work.cost <= 0 || shot.work.steps <= 0) return;
  table.models[static_cast<std::size_t>(shot.model)].seconds_per_cost =
      step * shot.work.steps / shot.work.cost;
}

void on(Table& table, const ShotsSubmitted& event, Commands&) {
  if (table.phase == Phase::draining) return;
  table.phase = Phase::working;
  for (const ShotWork& work : event.shots) add_shot(table, work);
}

void on(Table& table, const ShotFoundDone& event, Commands& commands) {
  ShotRecord* shot = find_shot(table, event.shot);
  if (shot == nullptr) return;
  if (const Running* run = running(*shot)) {
    commands.emplace_back(StopShot{.worker = run->worker, .shot = event.shot, .attempt = run->attempt});
    move_worker(table, table.workers.at(run->worker), Settling{});
  }
  move_shot(table, index_of(table, *shot), Done{});
}

void on(Table& table, const AttemptsSpent& event, Commands& commands) {
  ShotRecord* shot = find_shot(table, event.shot);
  if (shot == nullptr || !std::holds_alternative<Waiting>(shot->state)) return;
  if (event.worst == FailureKind::memory) isolate(table, *shot);
  if (event.attempts <= shot->failures) return;
  shot->failures = event.attempts;
  shot->started = std::max(shot->started, event.attempts);
  if (shot->failures < table.policy.max_attempts) return;
  const std::string reason = shot->last_reason.empty()
                                 ? "they were spent before the farm was started again; run the "
                                   "job again for fresh ones"
                                 : shot->last_reason;
  move_shot(table, index_of(table, *shot), Failed{reason});
  commands.emplace_back(GiveUp{.shot = event.shot, .attempts = shot->failures, .reason = reason});
}

void on(Table& table, const StrikesBefore& event, Commands&) {
  if (table.gone.count(event.worker) != 0 || find_worker(table, event.worker) != nullptr) return;
  table.struck_before[event.worker] = event;
  table.others_until = std::max(table.others_until, table.now + table.policy.arrival);
}

void on(Table& table, const WorkerPlaced& event, Commands&) {
  if (table.gone.count(event.worker) != 0 || find_worker(table, event.worker) != nullptr) return;
  table.placed[event.worker] = host_index(table, event.host);
}

/// What its GPU did before a restart.
void remember(Table& table, WorkerRecord& worker, Commands& commands) {
  const auto known = table.struck_before.find(worker.seen.id);
  if (known == table.struck_before.end()) return;
  for (const jobs::ShotId& id : known->second.shots) {
    const ShotRecord* shot = find_shot(table, id);
    if (shot != nullptr) worker.strikes.push_back({.shot = index_of(table, *shot), .at = table.now});
  }
  if (known->second.rest == StrikesBefore::Rest::yes)
    rest(table, worker, "its GPU failed too often before the restart", commands);
  table.struck_before.erase(known);
}

void on(Table& table, const WorkerReady& event, Commands& commands) {
  if (table.gone.count(event.worker) != 0) return;
  const auto [at, fresh] = table.workers.try_emplace(event.worker);
  WorkerRecord& worker = at->second;
  if (fresh) {
    worker.seen.id = event.worker;
    const auto place = table.placed.extract(event.worker);
    worker.host = place.empty() ? host_index(table, "") : place.mapped();
    table.crew.live.insert(event.worker);
    remember(table, worker, commands);
  }
  if (std::holds_alternative<Rendering>(worker.state)) return;
  const std::string& resident = event.resident_model;
  set_resident(table, worker, resident.empty() ? kNoModel : model_index(table, resident));
  move_worker(table, worker, Idle{});
}

void on(Table& table, const WorkerGone& event, Commands& commands) {
  table.gone.insert(event.worker);
  table.placed.erase(event.worker);
  WorkerRecord* worker = find_worker(table, event.worker);
  if (worker == nullptr) return;
  const WorkerState state = worker->state;
  move_worker(table, *worker, Settling{});
  forget_worker(table, event.worker);
  if (const auto* rendering = std::get_if<Rendering>(&state)) {
    fail_attempt(table, table.shots[static_cast<std::size_t>(rendering->shot)],
                 {FailureKind::crash, "its worker was lost"}, commands);
  }
}

void on(Table& table, const StepDone& event, Commands&) {
  const Attempt attempt = find_attempt(table, event);
  if (attempt.shot == nullptr) return;
  Progress& progress = attempt.run->progress;
  if (event.step <= progress.step || event.step > attempt.shot->work.steps) return;
  if (progress.step >= 0) {
    const std::chrono::duration<double> passed = table.now - progress.began;
    progress.step_seconds.push_back(passed.count() / (event.step - progress.step));
  }
  progress.step = event.step;
  progress.heard = table.now;
  progress.began = table.now;
}

void on(Table& table, const AttemptAlive& event, Commands&) {
  const Attempt attempt = find_attempt(table, event);
  if (attempt.shot == nullptr) return;
  attempt.run->progress.heard = table.now;
  if (event.doing == AttemptAlive::Doing::waiting) attempt.run->progress.began = table.now;
}

void on(Table& table, const ShotCommitted& event, Commands&) {
  const Attempt attempt = find_attempt(table, event);
  if (attempt.shot == nullptr) return;
  learn_speed(table, *attempt.shot, *attempt.run);
  move_worker(table, *attempt.worker, Settling{});
  move_shot(table, index_of(table, *attempt.shot), Done{});
}

void on(Table& table, const ShotFailed& event, Commands& commands) {
  const Attempt attempt = find_attempt(table, event);
  if (attempt.shot == nullptr) return;
  move_worker(table, *attempt.worker, Settling{});
  if (event.kind == FailureKind::device) strike(table, *attempt.worker, *attempt.shot, commands);
  fail_attempt(table, *attempt.shot, {event.kind, event.reason}, commands);
}

void on(Table& table, const ShotStopped& event, Commands&) {
  const Attempt attempt = find_attempt(table, event);
  if (attempt.shot == nullptr) return;
  move_worker(table, *attempt.worker, Settling{});
  move_shot(table, index_of(table, *attempt.shot), Waiting{});
}

void on(Table& table, const DrainRequested&, Commands& commands) {
  table.phase = Phase::draining;
  for (auto& [id, worker] : table.workers) {
    const auto* rendering = std::get_if<Rendering>(&worker.state);
    if (rendering == nullptr) continue;
    ShotRecord& shot = table.shots[static_cast<std::size_t>(rendering->shot)];
    Running& run = *running(shot);
    if (run.asked == Asked::to_stop) continue;
    run.asked = Asked::to_stop;
    commands.emplace_back(StopShot{.worker = id, .shot = shot.work.id, .attempt = run.attempt});
  }
}

void on(Table& table, const Tick&, Commands& commands) {
  for (auto& [id, worker] : table.workers) {
    const auto* rendering = std::get_if<Rendering>(&worker.state);
    if (rendering == nullptr) continue;
    ShotRecord& shot = table.shots[static_cast<std::size_t>(rendering->shot)];
    const Running& run = *running(shot);
    const std::chrono::duration<double> silent = table.now - run.progress.heard;
    if (silent.count() <= silence_limit(table, shot, run)) continue;
    const std::string reason = "no step for " + std::to_string(static_cast<long long>(silent.count())) + " s";
    commands.emplace_back(
        KillRenderer{.worker = id, .shot = shot.work.id, .attempt = run.attempt, .reason = reason});
    move_worker(table, worker, Settling{});
    set_resident(table, worker, kNoModel);
    fail_attempt(table, shot, {FailureKind::hang, reason}, commands);
  }
}

}  // namespace

double silence_limit(const Table& table, const ShotRecord& shot, const Running& run) {
  const double rate = table.models[static_cast<std::size_t>(shot.model)].seconds_per_cost;
  const double expected_step = rate * shot.work.cost / std::max(shot.work.steps, 1);
  return silence_limit(run.progress, expected_step, shot.hangs, table.policy);
}

void apply(Table& table, const Event& event, Commands& commands) {
  std::visit([&](const auto& one) { on(table, one, commands); }, event);
  if (!std::holds_alternative<StepDone>(event)) dispatch(table, commands);
}

}  // namespace pia::scheduler
