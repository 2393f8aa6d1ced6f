// SPDX-License-Identifier: Apache-2.0
#include "scheduler/table.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "jobs/core/error.hpp"

namespace pia::scheduler {
namespace {

Place place_of(const Table& table, ShotIndex index) {
  const ShotRecord& shot = table.shots[static_cast<std::size_t>(index)];
  return {.priority = shot.work.priority,
          .model = shot.model,
          .ticket = {shot.work.cost, index},
          .failed_on = shot.failed_on};
}

void start_waiting(Table& table, ShotIndex index) {
  const Place place = place_of(table, index);
  if (table.shots[static_cast<std::size_t>(index)].company == Company::nobody) {
    table.waiting_alone.insert({place.priority, place.ticket});
  } else {
    enter(table.waiting, place);
  }
}

void stop_waiting(Table& table, ShotIndex index) {
  const Place place = place_of(table, index);
  if (table.waiting_alone.erase({place.priority, place.ticket}) == 0) leave(table.waiting, place);
}

int& count_of(Counts& counts, const ShotState& state) {
  int* const by_state[] = {&counts.waiting, &counts.running, &counts.done, &counts.failed};
  return *by_state[state.index()];
}

// Sums of costs must stay numbers.
double usable(double cost) {
  return cost > 0 ? std::min(cost, 1e18) : 0;
}

void assign(Table& table, WorkerRecord& worker, ShotIndex index, Commands& commands) {
  ShotRecord& shot = table.shots[static_cast<std::size_t>(index)];
  if (shot.company == Company::nobody) {
    stop_waiting(table, index);
  } else {
    hand_out(table.waiting, place_of(table, index));
  }
  count_of(table.counts, shot.state) -= 1;
  shot.started += 1;
  shot.state = Running{.worker = worker.seen.id,
                       .attempt = shot.started,
                       .progress = {.heard = table.now, .began = table.now}};
  count_of(table.counts, shot.state) += 1;
  worker.seen.streak = worker.seen.resident == shot.model ? worker.seen.streak + 1 : 1;
  set_resident(table, worker, shot.model);
  move_worker(table, worker, Rendering{index});
  table.hosts[static_cast<std::size_t>(worker.host)].kept = shot.company == Company::nobody;
  commands.emplace_back(Assign{.worker = worker.seen.id, .shot = shot.work.id, .attempt = shot.started});
}

HostRecord& host_of(Table& table, const WorkerRecord& worker) {
  return table.hosts[static_cast<std::size_t>(worker.host)];
}

enum class Match { resident_model, any };

void match(Table& table, Match wanted, Commands& commands) {
  const std::vector<WorkerId> idle(table.idle.begin(), table.idle.end());
  for (const WorkerId id : idle) {
    if (table.waiting.empty()) return;
    WorkerRecord& worker = table.workers.at(id);
    if (worker.rests_until || host_of(table, worker).kept) continue;
    if (wanted == Match::resident_model && worker.seen.resident == kNoModel) continue;
    const auto shot = choose(table.waiting, worker.seen, table.crew, table.policy);
    if (!shot) continue;
    const ModelIndex model = table.shots[static_cast<std::size_t>(*shot)].model;
    if (wanted == Match::any || model == worker.seen.resident) assign(table, worker, *shot, commands);
  }
}

/// On hosts where nobody is at work, to workers for whom nothing else is left.
void match_alone(Table& table, Commands& commands) {
  const std::vector<WorkerId> idle(table.idle.begin(), table.idle.end());
  for (const WorkerId id : idle) {
    WorkerRecord& worker = table.workers.at(id);
    if (worker.rests_until || host_of(table, worker).busy > 0) continue;
    const auto shot = std::ranges::find_if(table.waiting_alone, [&](const LoneTicket& lone) {
      const ShotRecord& record = table.shots[static_cast<std::size_t>(lone.ticket.shot)];
      return may_have(record.failed_on, worker.seen, table.crew);
    });
    if (shot != table.waiting_alone.end()) assign(table, worker, shot->ticket.shot, commands);
  }
}

void dismiss_idle(Table& table, Commands& commands) {
  for (const WorkerId id : table.idle) {
    forget_worker(table, id);
    commands.emplace_back(Dismiss{.worker = id});
  }
  table.idle.clear();
}

/// Workers that have rested, or all where nobody else is left.
void wake_rested(Table& table) {
  while (!table.resting.empty()) {
    const auto [until, id] = *table.resting.begin();
    if (until > table.now && (!table.crew.live.empty() || table.now < table.others_until)) return;
    table.resting.erase(table.resting.begin());
    table.workers.at(id).rests_until.reset();
    table.crew.live.insert(id);
  }
}

}  // namespace

ShotRecord* find_shot(Table& table, const jobs::ShotId& id) {
  const auto at = table.shot_by_id.find(id.digest);
  return at == table.shot_by_id.end() ? nullptr : &table.shots[static_cast<std::size_t>(at->second)];
}

WorkerRecord* find_worker(Table& table, WorkerId id) {
  const auto at = table.workers.find(id);
  return at == table.workers.end() ? nullptr : &at->second;
}

Running* running(ShotRecord& shot) {
  return std::get_if<Running>(&shot.state);
}

ShotIndex index_of(const Table& table, const ShotRecord& shot) {
  return static_cast<ShotIndex>(&shot - table.shots.data());
}

ModelIndex model_index(Table& table, const std::string& key) {
  const auto next = static_cast<ModelIndex>(table.models.size());
  const auto [model, fresh] = table.model_by_key.try_emplace(key, next);
  if (fresh) {
    table.models.emplace_back();
    table.crew.holders.push_back(0);
  }
  return model->second;
}

HostIndex host_index(Table& table, const std::string& name) {
  const auto next = static_cast<HostIndex>(table.hosts.size());
  const auto [host, fresh] = table.host_by_name.try_emplace(name, next);
  if (fresh) table.hosts.emplace_back();
  return host->second;
}

void isolate(Table& table, ShotRecord& shot) {
  const bool waits = std::holds_alternative<Waiting>(shot.state);
  if (waits) stop_waiting(table, index_of(table, shot));
  shot.company = Company::nobody;
  if (waits) start_waiting(table, index_of(table, shot));
}

void add_shot(Table& table, const ShotWork& work) {
  const auto index = static_cast<ShotIndex>(table.shots.size());
  if (!table.shot_by_id.try_emplace(work.id.digest, index).second) return;
  ShotRecord& shot = table.shots.emplace_back();
  shot.work = work;
  shot.work.cost = usable(work.cost);
  shot.model = model_index(table, work.model_key);
  start_waiting(table, index);
  table.counts.waiting += 1;
}

void move_shot(Table& table, ShotIndex index, ShotState to) {
  ShotRecord& shot = table.shots[static_cast<std::size_t>(index)];
  if (std::holds_alternative<Waiting>(shot.state)) stop_waiting(table, index);
  count_of(table.counts, shot.state) -= 1;
  shot.state = std::move(to);
  count_of(table.counts, shot.state) += 1;
  if (std::holds_alternative<Waiting>(shot.state)) start_waiting(table, index);
}

void move_worker(Table& table, WorkerRecord& worker, WorkerState to) {
  HostRecord& host = host_of(table, worker);
  const bool rendered = std::holds_alternative<Rendering>(worker.state);
  host.busy +=
      (std::holds_alternative<Idle>(to) ? 0 : 1) - (std::holds_alternative<Idle>(worker.state) ? 0 : 1);
  // Beside a shot that wants no company nobody else could have stopped.
  if (rendered && !std::holds_alternative<Rendering>(to)) host.kept = false;
  worker.state = to;
  if (std::holds_alternative<Idle>(to)) {
    table.idle.insert(worker.seen.id);
  } else {
    table.idle.erase(worker.seen.id);
  }
}

void set_resident(Table& table, WorkerRecord& worker, ModelIndex model) {
  const ModelIndex before = std::exchange(worker.seen.resident, model);
  if (before != kNoModel) table.crew.holders[static_cast<std::size_t>(before)] -= 1;
  if (model != kNoModel) table.crew.holders[static_cast<std::size_t>(model)] += 1;
}

void strike(Table& table, WorkerRecord& worker, const ShotRecord& shot, Commands& commands) {
  std::vector<Strike>& strikes = worker.strikes;
  const ShotIndex index = index_of(table, shot);
  std::erase_if(strikes, [&](const Strike& one) {
    return one.shot == index || table.now - one.at > table.policy.strike_window;
  });
  strikes.push_back({.shot = index, .at = table.now});
  const auto count = static_cast<int>(strikes.size());
  if (worker.rests_until || count < table.policy.strikes || table.crew.live.size() < 2) return;
  strikes.clear();
  rest(table, worker, "its GPU failed on " + std::to_string(count) + " shots", commands);
}

void rest(Table& table, WorkerRecord& worker, const std::string& reason, Commands& commands) {
  worker.rests_until = table.now + table.policy.rest;
  table.resting.insert({*worker.rests_until, worker.seen.id});
  table.crew.live.erase(worker.seen.id);
  commands.emplace_back(RestWorker{.worker = worker.seen.id, .reason = reason, .time = table.policy.rest});
}

void forget_worker(Table& table, WorkerId id) {
  WorkerRecord& worker = table.workers.at(id);
  if (!std::holds_alternative<Idle>(worker.state)) host_of(table, worker).busy -= 1;
  set_resident(table, worker, kNoModel);
  if (worker.rests_until) table.resting.erase({*worker.rests_until, id});
  table.crew.live.erase(id);
  table.workers.erase(id);
}

void fail_attempt(Table& table, ShotRecord& shot, const Failure& failure, Commands& commands) {
  const Running* run = running(shot);
  PIA_ASSERT(run != nullptr);
  const auto at = std::lower_bound(shot.failed_on.begin(), shot.failed_on.end(), run->worker);
  if (at == shot.failed_on.end() || *at != run->worker) shot.failed_on.insert(at, run->worker);
  shot.failures += 1;
  shot.hangs += failure.kind == FailureKind::hang ? 1 : 0;
  shot.last_reason = failure.reason;
  if (failure.kind == FailureKind::memory) isolate(table, shot);
  if (failure.kind != FailureKind::input && shot.failures < table.policy.max_attempts) {
    move_shot(table, index_of(table, shot), Waiting{});
    return;
  }
  move_shot(table, index_of(table, shot), Failed{failure.reason});
  commands.emplace_back(GiveUp{.shot = shot.work.id, .attempts = shot.failures, .reason = failure.reason});
}

bool is_over(const Table& table) {
  if (table.phase == Phase::before_plan || table.counts.running > 0) return false;
  return table.phase == Phase::draining || table.counts.waiting == 0;
}

void dispatch(Table& table, Commands& commands) {
  wake_rested(table);
  if (table.idle.empty() || table.phase == Phase::before_plan) return;
  if (table.phase == Phase::draining || is_over(table)) {
    dismiss_idle(table, commands);
    return;
  }
  // Towards the end nearly all are idle, and each event would walk all of them for nothing.
  if (!table.waiting.empty()) {
    if (table.idle.size() > 1) match(table, Match::resident_model, commands);
    match(table, Match::any, commands);
  }
  // They go to whom the others leave idle: so hosts become free without keeping anybody waiting.
  if (!table.waiting_alone.empty()) match_alone(table, commands);
}

}  // namespace pia::scheduler
