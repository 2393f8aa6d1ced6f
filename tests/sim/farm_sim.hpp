// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/scheduler.hpp"

namespace pia::tests {

/// Chances of mischief, 0..1; the same seed makes the same mischief.
struct Chaos {
  double late = 0;    ///< a message takes up to 20 s
  double twice = 0;   ///< a message comes again, up to 100 s later
  double lost = 0;    ///< a message never comes; only WorkerReady is repeated
  double crash = 0;   ///< a step kills the renderer
  double hang = 0;    ///< a step never ends
  double vanish = 0;  ///< a step takes the worker with it; 30 s later it is found gone and another one joins
  std::uint64_t seed = 1;
};

struct SimShot {
  std::string model = "tiny";
  int steps = 4;
  double step_seconds = 1;
  int priority = 0;
};

enum class Checks { after_each_event, sometimes };

struct FarmSimSettings {
  int workers = 1;
  scheduler::Policy policy{};
  double load_seconds = 0;  ///< for each model that a renderer loads
  Chaos chaos{};
  Checks checks = Checks::after_each_event;
};

/// Virtual seconds of a run.
struct SimReport {
  double makespan = 0;
  double render_seconds = 0;  ///< sum over the shots that got done, each once
  double lower_bound = 0;     ///< of the makespan, whatever the scheduler does
  int loads = 0;
  int events = 0;
  int kills = 0;
  int crashes = 0;
  int lost_workers = 0;

  double efficiency(int workers) const { return render_seconds / (makespan * workers); }
};

/// A farm without processes: workers on a virtual clock, driven by a real scheduler. Whatever it finds wrong
/// is a line in `violations()`.
///
///   FarmSim farm({.workers = 2});
///   const ShotId shot = farm.submit({.model = "toonyou"});
///   farm.fail_next(shot);
///   farm.run();
class FarmSim {
 public:
  explicit FarmSim(const FarmSimSettings& settings);
  FarmSim(const FarmSim&) = delete;
  FarmSim& operator=(const FarmSim&) = delete;

  jobs::ShotId submit(const SimShot& shot);
  void submit(int count, const SimShot& shot);

  /// The shot's next attempt ends at its first step. May be called several times.
  void fail_next(const jobs::ShotId& shot, scheduler::FailureKind kind = scheduler::FailureKind::crash);
  /// The shot's next attempt never makes its first step.
  void hang_next(const jobs::ShotId& shot);
  /// The worker disappears at that second.
  void lose_worker(int worker, double at);
  void drain_at(double seconds);

  /// Until the scheduler says that all is over, or the virtual year is.
  SimReport run();

  std::vector<int> workers_that_tried(const jobs::ShotId& shot) const;
  std::vector<jobs::ShotId> order_of_starts() const { return starts_; }
  std::string explain(const jobs::ShotId& shot) const { return scheduler_.explain(shot, now_); }
  scheduler::Counts counts() const { return scheduler_.counts(); }
  const std::vector<std::string>& violations() const { return violations_; }

  /// All events handled, with their times; handling them again must give the same snapshot.
  const std::vector<std::pair<scheduler::Event, scheduler::TimePoint>>& events() const { return events_; }
  std::string snapshot() const { return scheduler_.snapshot(); }

 private:
  struct Planned {
    SimShot shot;
    jobs::ShotId id;
    int steps_kept = 0;  ///< in its checkpoint
    int failures_left = 0;
    scheduler::FailureKind failure = scheduler::FailureKind::crash;
    bool hangs = false;
    bool done = false;
    bool given_up = false;
    std::vector<int> tried_by;
  };
  struct Worker {
    bool alive = true;
    bool busy = false;
    bool asked_to_stop = false;
    int life = 0;  ///< what was due in an earlier life does not happen
    std::string resident;
    std::vector<scheduler::Assign> queued;
  };
  struct Due {
    scheduler::TimePoint when;
    std::int64_t number = 0;
    std::function<void()> what;
    bool operator<(const Due& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };

  bool chance(double probability);
  void after(double seconds, std::function<void()> what);
  void in_life(int worker, double seconds, std::function<void()> what);
  void deliver(const scheduler::Event& event);
  void send(const scheduler::Event& event, bool repeated);
  void join(int worker);
  void vanish(int worker);
  void announce(int worker);
  void free_worker(int worker, double seconds);
  void restart(int worker);
  void start(const scheduler::Assign& assign);
  void step(const scheduler::Assign& assign, int number);
  void finish(const scheduler::Assign& assign);
  void tick();
  void carry_out(const scheduler::Assign& command);
  void carry_out(const scheduler::StopShot& command);
  void carry_out(const scheduler::KillRenderer& command);
  void carry_out(const scheduler::GiveUp& command);
  void carry_out(const scheduler::Dismiss& command);
  void carry_out(const scheduler::RestWorker&) {}
  Planned& planned(const jobs::ShotId& shot);
  void add_bounds(SimReport& report) const;

  FarmSimSettings settings_;
  scheduler::Scheduler scheduler_;
  std::mt19937_64 chance_;
  scheduler::TimePoint now_{0};
  std::int64_t due_count_ = 0;
  std::priority_queue<Due> due_;
  std::vector<Planned> shots_;
  std::map<jobs::ShotId, std::size_t> by_id_;
  std::map<int, Worker> workers_;
  int next_worker_ = 0;
  SimReport report_;
  std::vector<jobs::ShotId> starts_;
  std::vector<std::string> violations_;
  std::vector<std::pair<scheduler::Event, scheduler::TimePoint>> events_;
};

}  // namespace pia::tests
