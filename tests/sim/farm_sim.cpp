// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/farm_sim.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace pia::tests {
namespace {

using namespace scheduler;

constexpr double kYear = 365.0 * 86400;
constexpr double kRestartSeconds = 2;

TimePoint seconds_to_time(double seconds) {
  return TimePoint(std::llround(seconds * 1e9));
}

jobs::ShotId numbered_id(std::size_t number) {
  jobs::ShotId id;
  for (std::size_t i = 0; i < 8; ++i) id.digest.bytes[i] = static_cast<std::byte>(number >> (8 * i));
  return id;
}

}  // namespace

FarmSim::FarmSim(const FarmSimSettings& settings)
    : settings_(settings), scheduler_(settings.policy), chance_(settings.chaos.seed) {
  for (int worker = 0; worker < settings.workers; ++worker) join(next_worker_++);
}

bool FarmSim::chance(double probability) {
  return probability > 0 && static_cast<double>(chance_() >> 11U) * 0x1p-53 < probability;
}

void FarmSim::after(double seconds, std::function<void()> what) {
  due_.push({now_ + seconds_to_time(seconds), due_count_++, std::move(what)});
}

void FarmSim::in_life(int worker, double seconds, std::function<void()> what) {
  after(seconds, [this, worker, life = workers_.at(worker).life, act = std::move(what)] {
    if (workers_.at(worker).alive && workers_.at(worker).life == life) act();
  });
}

FarmSim::Planned& FarmSim::planned(const jobs::ShotId& shot) {
  return shots_[by_id_.at(shot)];
}

jobs::ShotId FarmSim::submit(const SimShot& shot) {
  Planned added;
  added.shot = shot;
  added.id = numbered_id(shots_.size());
  by_id_[added.id] = shots_.size();
  shots_.push_back(added);
  return added.id;
}

void FarmSim::submit(int count, const SimShot& shot) {
  for (int i = 0; i < count; ++i) submit(shot);
}

void FarmSim::fail_next(const jobs::ShotId& shot, FailureKind kind) {
  planned(shot).failures_left += 1;
  planned(shot).failure = kind;
}

void FarmSim::hang_next(const jobs::ShotId& shot) {
  planned(shot).hangs = true;
}

void FarmSim::lose_worker(int worker, double at) {
  after(at, [this, worker] { vanish(worker); });
}

void FarmSim::drain_at(double seconds) {
  after(seconds, [this] { deliver(DrainRequested{}); });
}

std::vector<int> FarmSim::workers_that_tried(const jobs::ShotId& shot) const {
  return shots_[by_id_.at(shot)].tried_by;
}

void FarmSim::deliver(const Event& event) {
  events_.emplace_back(event, now_);
  const Counts before = scheduler_.counts();
  const std::vector<Command> commands = scheduler_.handle(event, now_);
  if (settings_.checks == Checks::after_each_event || events_.size() % 1024 == 0) scheduler_.check();
  if (const auto* committed = std::get_if<ShotCommitted>(&event)) {
    if (scheduler_.counts().done > before.done) planned(committed->shot).done = true;
  }
  for (const Command& command : commands) {
    std::visit([this](const auto& one) { carry_out(one); }, command);
  }
}

void FarmSim::send(const Event& event, bool repeated) {
  if (!repeated && chance(settings_.chaos.lost)) return;
  const double delay = chance(settings_.chaos.late) ? static_cast<double>(chance_() % 20000) / 1000 : 0;
  after(delay, [this, event] { deliver(event); });
  if (chance(settings_.chaos.twice)) {
    after(static_cast<double>(chance_() % 100000) / 1000, [this, event] { deliver(event); });
  }
}

void FarmSim::join(int worker) {
  workers_[worker] = Worker{};
  after(0, [this, worker] { announce(worker); });
}

void FarmSim::vanish(int worker) {
  Worker& self = workers_.at(worker);
  if (!self.alive) return;
  self.alive = false;
  report_.lost_workers += 1;
  after(30, [this, worker] {
    deliver(WorkerGone{.worker = {worker}});
    join(next_worker_++);
  });
}

void FarmSim::announce(int worker) {
  Worker& self = workers_.at(worker);
  if (!self.alive || self.busy) return;
  send(WorkerReady{.worker = {worker}, .resident_model = self.resident}, true);
  in_life(worker, 30, [this, worker] { announce(worker); });
}

void FarmSim::free_worker(int worker, double seconds) {
  Worker& self = workers_.at(worker);
  self.life += 1;
  in_life(worker, seconds, [this, worker] {
    Worker& freed = workers_.at(worker);
    freed.busy = false;
    freed.asked_to_stop = false;
    if (freed.queued.empty()) {
      announce(worker);
      return;
    }
    const Assign next = freed.queued.front();
    freed.queued.erase(freed.queued.begin());
    start(next);
  });
}

void FarmSim::restart(int worker) {
  workers_.at(worker).resident.clear();
  workers_.at(worker).busy = true;
  free_worker(worker, kRestartSeconds);
}

void FarmSim::start(const Assign& assign) {
  Worker& worker = workers_.at(assign.worker.value);
  Planned& shot = planned(assign.shot);
  worker.busy = true;
  worker.life += 1;
  double load = 0;
  if (worker.resident != shot.shot.model) {
    report_.loads += 1;
    load = settings_.load_seconds;
    worker.resident = shot.shot.model;
  }
  if (std::exchange(shot.hangs, false)) return;
  const int number = std::min(shot.steps_kept + 1, shot.shot.steps);
  in_life(assign.worker.value, load + shot.shot.step_seconds,
          [this, assign, number] { step(assign, number); });
}

void FarmSim::step(const Assign& assign, int number) {
  const int id = assign.worker.value;
  Planned& shot = planned(assign.shot);
  const Chaos& chaos = settings_.chaos;
  if (chance(chaos.hang)) return;
  if (chance(chaos.vanish)) {
    vanish(id);
    return;
  }
  const bool scripted = shot.failures_left > 0;
  if (scripted || chance(chaos.crash)) {
    report_.crashes += 1;
    shot.failures_left -= scripted ? 1 : 0;
    const FailureKind kind = scripted ? shot.failure : FailureKind::crash;
    send(ShotFailed{.worker = assign.worker,
                    .shot = assign.shot,
                    .attempt = assign.attempt,
                    .kind = kind,
                    .reason = "signal 11"},
         false);
    restart(id);
    return;
  }
  shot.steps_kept = number;
  send(StepDone{.worker = assign.worker, .shot = assign.shot, .attempt = assign.attempt, .step = number},
       false);
  if (number >= shot.shot.steps) {
    finish(assign);
    return;
  }
  if (workers_.at(id).asked_to_stop) {
    send(ShotStopped{.worker = assign.worker, .shot = assign.shot, .attempt = assign.attempt}, false);
    free_worker(id, 0);
    return;
  }
  in_life(id, shot.shot.step_seconds, [this, assign, number] { step(assign, number + 1); });
}

void FarmSim::finish(const Assign& assign) {
  send(ShotCommitted{.worker = assign.worker, .shot = assign.shot, .attempt = assign.attempt}, false);
  free_worker(assign.worker.value, 0);
}

void FarmSim::tick() {
  deliver(Tick{});
  after(1, [this] { tick(); });
}

void FarmSim::carry_out(const Assign& command) {
  Planned& shot = planned(command.shot);
  const std::string name = "shot " + jobs::to_hex(command.shot).substr(0, 8);
  shot.tried_by.push_back(command.worker.value);
  starts_.push_back(command.shot);
  if (shot.done) violations_.push_back(name + " is done and runs again");
  if (shot.given_up) violations_.push_back(name + " was given up and runs again");
  if (static_cast<int>(shot.tried_by.size()) > settings_.policy.max_attempts) {
    violations_.push_back(name + " runs too often");
  }
  Worker& worker = workers_.at(command.worker.value);
  if (!worker.alive || chance(settings_.chaos.lost)) return;
  if (worker.busy) {
    worker.queued.push_back(command);
  } else {
    start(command);
  }
}

void FarmSim::carry_out(const StopShot& command) {
  workers_.at(command.worker.value).asked_to_stop = true;
}

void FarmSim::carry_out(const KillRenderer& command) {
  report_.kills += 1;
  if (!workers_.at(command.worker.value).alive) return;
  auto& queued = workers_.at(command.worker.value).queued;
  std::erase_if(queued, [&](const Assign& one) { return one.shot == command.shot; });
  restart(command.worker.value);
}

void FarmSim::carry_out(const GiveUp& command) {
  Planned& shot = planned(command.shot);
  if (shot.done || shot.given_up) {
    violations_.push_back("shot " + jobs::to_hex(command.shot).substr(0, 8) + " is given up after its end");
  }
  shot.given_up = true;
}

void FarmSim::carry_out(const Dismiss& command) {
  Worker& worker = workers_.at(command.worker.value);
  if (worker.alive && worker.busy && settings_.chaos.twice == 0) {
    violations_.push_back("worker " + std::to_string(command.worker.value) + " is dismissed at work");
  }
  worker.alive = false;
}

void FarmSim::add_bounds(SimReport& report) const {
  double longest = 0;
  std::set<std::string> models;
  for (const Planned& shot : shots_) {
    const double seconds = shot.shot.steps * shot.shot.step_seconds;
    if (shot.done) report.render_seconds += seconds;
    longest = std::max(longest, seconds);
    models.insert(shot.shot.model);
  }
  const double load = settings_.load_seconds;
  const double workers = settings_.workers;
  report.lower_bound =
      std::max({report.render_seconds / workers + load, longest + load,
                (report.render_seconds + load * static_cast<double>(models.size())) / workers});
}

SimReport FarmSim::run() {
  ShotsSubmitted plan;
  for (const Planned& shot : shots_) {
    ShotWork work;
    work.id = shot.id;
    work.model_key = shot.shot.model;
    work.steps = shot.shot.steps;
    work.cost = shot.shot.steps * shot.shot.step_seconds;
    work.priority = shot.shot.priority;
    plan.shots.push_back(work);
  }
  deliver(plan);
  tick();
  while (!scheduler_.finished() && !due_.empty() && now_ < seconds_to_time(kYear)) {
    const Due next = due_.top();
    due_.pop();
    now_ = next.when;
    next.what();
  }
  scheduler_.check();
  if (!scheduler_.finished()) violations_.push_back("the farm did not come to an end");
  report_.makespan = std::chrono::duration<double>(now_).count();
  report_.events = static_cast<int>(events_.size());
  add_bounds(report_);
  return report_;
}

}  // namespace pia::tests
