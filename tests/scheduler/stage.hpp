// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/scheduler.hpp"

namespace pia::tests {

inline jobs::ShotId shot_named(const std::string& name) {
  return {jobs::sha256(name)};
}

/// What a test says of a shot.
struct Cast {
  std::string name;
  std::string model = "tiny";
  double cost = 1;
  int priority = 0;
};

/// A scheduler and a clock, in the words of the rules. Checks the scheduler after each event.
///
///   Stage stage;
///   stage.submit({{.name = "dog"}});
///   EXPECT_EQ(stage.ready(1), "1 renders dog (1)");
class Stage {
 public:
  explicit Stage(const scheduler::Policy& policy = {}) : scheduler(policy) {}

  std::string submit(const std::vector<Cast>& shots) {
    scheduler::ShotsSubmitted plan;
    for (const Cast& cast : shots) {
      names_.push_back(cast.name);
      scheduler::ShotWork work;
      work.id = shot_named(cast.name);
      work.model_key = cast.model;
      work.steps = 25;
      work.cost = cast.cost;
      work.priority = cast.priority;
      plan.shots.push_back(work);
    }
    return tell(plan);
  }
  std::string placed(int worker, const std::string& host) {
    return tell(scheduler::WorkerPlaced{.worker = {worker}, .host = host});
  }
  std::string ready(int worker, const std::string& model = "") {
    return tell(scheduler::WorkerReady{.worker = {worker}, .resident_model = model});
  }
  std::string gone(int worker) { return tell(scheduler::WorkerGone{.worker = {worker}}); }
  std::string step(int worker, const std::string& name, int step, int attempt = 1) {
    return tell(
        scheduler::StepDone{.worker = {worker}, .shot = shot_named(name), .attempt = attempt, .step = step});
  }
  std::string is_in_a_step(int worker, const std::string& name, int attempt = 1) {
    return tell(scheduler::AttemptAlive{.worker = {worker},
                                        .shot = shot_named(name),
                                        .attempt = attempt,
                                        .doing = scheduler::AttemptAlive::Doing::a_step});
  }
  std::string awaits_disk(int worker, const std::string& name, int attempt = 1) {
    return tell(scheduler::AttemptAlive{.worker = {worker}, .shot = shot_named(name), .attempt = attempt});
  }
  std::string committed(int worker, const std::string& name, int attempt = 1) {
    return tell(scheduler::ShotCommitted{.worker = {worker}, .shot = shot_named(name), .attempt = attempt});
  }
  std::string failed(int worker, const std::string& name, int attempt = 1,
                     scheduler::FailureKind kind = scheduler::FailureKind::crash) {
    return tell(scheduler::ShotFailed{.worker = {worker},
                                      .shot = shot_named(name),
                                      .attempt = attempt,
                                      .kind = kind,
                                      .reason = "signal 11"});
  }
  std::string stopped(int worker, const std::string& name, int attempt = 1) {
    return tell(scheduler::ShotStopped{.worker = {worker}, .shot = shot_named(name), .attempt = attempt});
  }
  std::string drain() { return tell(scheduler::DrainRequested{}); }
  std::string found(const std::string& name) { return tell(scheduler::ShotFoundDone{shot_named(name)}); }
  std::string spent(const std::string& name, int attempts,
                    scheduler::FailureKind worst = scheduler::FailureKind::crash) {
    return tell(scheduler::AttemptsSpent{.shot = shot_named(name), .attempts = attempts, .worst = worst});
  }
  /// The clock goes on by so many seconds, then ticks.
  std::string tick_after(double seconds) {
    pass(seconds);
    return tell(scheduler::Tick{});
  }
  void pass(double seconds) { now += scheduler::TimePoint(static_cast<std::int64_t>(seconds * 1e9)); }
  std::string explain(const std::string& name) const { return scheduler.explain(shot_named(name), now); }

  std::string tell(const scheduler::Event& event) {
    std::string text;
    for (const scheduler::Command& command : scheduler.handle(event, now)) {
      if (!text.empty()) text += ", ";
      text += std::visit([this](const auto& one) { return say(one); }, command);
    }
    scheduler.check();
    return text;
  }

  scheduler::Scheduler scheduler;
  scheduler::TimePoint now{0};

 private:
  std::string name_of(const jobs::ShotId& id) const {
    for (const std::string& name : names_) {
      if (shot_named(name) == id) return name;
    }
    return "?";
  }
  std::string say(const scheduler::Assign& one) const {
    return std::to_string(one.worker.value) + " renders " + name_of(one.shot) + " (" +
           std::to_string(one.attempt) + ")";
  }
  std::string say(const scheduler::StopShot& one) const {
    return std::to_string(one.worker.value) + " stops " + name_of(one.shot);
  }
  std::string say(const scheduler::KillRenderer& one) const {
    return std::to_string(one.worker.value) + " is killed at " + name_of(one.shot);
  }
  std::string say(const scheduler::GiveUp& one) const {
    return name_of(one.shot) + " is given up after " + std::to_string(one.attempts);
  }
  std::string say(const scheduler::RestWorker& one) const {
    return std::to_string(one.worker.value) + " rests";
  }
  std::string say(const scheduler::Dismiss& one) const {
    return std::to_string(one.worker.value) + " goes home";
  }

  std::vector<std::string> names_;
};

}  // namespace pia::tests
