// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/sim/farm_sim.hpp"

// Two tables, and the same as lines of JSON with --json: what the scheduler costs on one core
// (10,000 a second wanted), and how good its choices are on a virtual clock.

namespace pia::tests {
namespace {

using namespace scheduler;

enum class Format { table, json };

struct Load {
  const char* name;
  int shots;
  int workers;
  int models;
  int steps;  ///< StepDone events between assign and commit
};

ShotsSubmitted plan_for(const Load& load) {
  std::mt19937_64 chance(3);
  ShotsSubmitted plan;
  for (int i = 0; i < load.shots; ++i) {
    ShotWork work;
    work.id.digest = jobs::sha256(std::to_string(i));
    work.model_key = "model " + std::to_string(chance() % static_cast<unsigned>(load.models));
    work.steps = 25;
    work.cost = 1 + static_cast<double>(chance() % 1000);
    plan.shots.push_back(work);
  }
  return plan;
}

struct Cost {
  double pairs_per_second = 0;
  double events_per_second = 0;
  double p99_ms = 0;
  double worst_ms = 0;
};

/// Handles events and keeps the time each one took.
class Stopwatch {
 public:
  explicit Stopwatch(Scheduler& scheduler) : scheduler_(scheduler) {}

  std::vector<Command> handle(const Event& event) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<Command> commands = scheduler_.handle(event, TimePoint(++clock_));
    seconds_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return commands;
  }

  Cost cost(int shots) {
    double sum = 0;
    for (const double one : seconds_) sum += one;
    std::sort(seconds_.begin(), seconds_.end());
    return {.pairs_per_second = shots / sum,
            .events_per_second = static_cast<double>(seconds_.size()) / sum,
            .p99_ms = 1e3 * seconds_[seconds_.size() * 99 / 100],
            .worst_ms = 1e3 * seconds_.back()};
  }

 private:
  Scheduler& scheduler_;
  std::int64_t clock_ = 0;
  std::vector<double> seconds_;
};

Cost measure(const Load& load) {
  Scheduler scheduler{Policy{}};
  scheduler.handle(plan_for(load), TimePoint(0));
  const ShotsSubmitted plan = plan_for(load);
  Stopwatch watch(scheduler);
  std::vector<Assign> running;
  std::vector<std::string> resident(static_cast<std::size_t>(load.workers));
  const auto ready = [&](WorkerId worker) {
    const std::string& model = resident[static_cast<std::size_t>(worker.value)];
    for (const Command& command : watch.handle(WorkerReady{.worker = worker, .resident_model = model})) {
      if (const auto* assign = std::get_if<Assign>(&command)) running.push_back(*assign);
    }
  };
  std::unordered_map<jobs::Digest, std::string> model_of;
  for (const ShotWork& work : plan.shots) model_of[work.id.digest] = work.model_key;
  for (int worker = 0; worker < load.workers; ++worker) ready({worker});
  for (std::size_t next = 0; next < running.size(); ++next) {
    const Assign one = running[next];
    for (int step = 1; step <= load.steps; ++step) {
      watch.handle(StepDone{.worker = one.worker, .shot = one.shot, .attempt = one.attempt, .step = step});
    }
    watch.handle(ShotCommitted{.worker = one.worker, .shot = one.shot, .attempt = one.attempt});
    resident[static_cast<std::size_t>(one.worker.value)] = model_of.at(one.shot.digest);
    ready(one.worker);
  }
  if (!scheduler.finished()) std::printf("not finished: %s\n", load.name);
  return watch.cost(load.shots);
}

void print_costs(Format format) {
  if (format == Format::table) {
    std::printf(
        "cost of the scheduler on one core (pair: WorkerReady + ShotCommitted, and the steps between)\n");
    std::printf("%-46s %12s %12s %10s %10s\n", "", "pairs/s", "events/s", "p99 ms", "worst ms");
  }
  constexpr Load kLoads[] = {{"10,000 shots, 64 workers, 10 models", 10000, 64, 10, 0},
                             {"the same with 25 steps a shot", 10000, 64, 10, 25},
                             {"10,000 shots, 256 workers, 100 models", 10000, 256, 100, 0},
                             {"10,000 shots, 64 workers, 10,000 models", 10000, 64, 10000, 0},
                             {"1,000,000 shots, 1,024 workers, 30 models", 1000000, 1024, 30, 0}};
  for (const Load& load : kLoads) {
    const Cost cost = measure(load);
    if (format == Format::json) {
      std::printf(
          "{\"case\":\"%s\",\"pairs_per_second\":%.0f,\"events_per_second\":%.0f,\"p99_ms\":%.5f,"
          "\"worst_ms\":%.5f}\n",
          load.name, cost.pairs_per_second, cost.events_per_second, cost.p99_ms, cost.worst_ms);
    } else {
      std::printf("%-46s %12.0f %12.0f %10.5f %10.5f\n", load.name, cost.pairs_per_second,
                  cost.events_per_second, cost.p99_ms, cost.worst_ms);
    }
  }
}

struct Choice {
  int workers;
  int models;
  double load_seconds;
  int shots;
};

void print_choice(const Choice& choice, Format format) {
  FarmSim farm({.workers = choice.workers, .load_seconds = choice.load_seconds, .checks = Checks::sometimes});
  std::mt19937_64 chance(5);
  for (int i = 0; i < choice.shots; ++i) {
    farm.submit({.model = "model " + std::to_string(chance() % static_cast<unsigned>(choice.models)),
                 .steps = 20 + 5 * static_cast<int>(chance() % 3),
                 .step_seconds = 1 + static_cast<double>(chance() % 4)});
  }
  const SimReport report = farm.run();
  const double ratio = report.makespan / report.lower_bound;
  const char* const row = format == Format::json ? "{\"workers\":%d,\"models\":%d,\"load_seconds\":%.0f,"
                                                   "\"shots\":%d,\"efficiency\":%.4f,\"makespan_over_"
                                                   "bound\":%.4f,\"loads\":%d,\"loads_allowed\":%d}\n"
                                                 : "%8d %8d %8.0f %8d %11.2f%% %14.4f %8d %16d\n";
  const double efficiency = report.efficiency(choice.workers) * (format == Format::json ? 1 : 100);
  std::printf(row, choice.workers, choice.models, choice.load_seconds, choice.shots, efficiency, ratio,
              report.loads, 2 * (choice.workers + choice.models));
}

void print_choices(Format format) {
  if (format == Format::table) {
    std::printf("\nchoices on a virtual clock (shots of 20 to 120 s)\n%8s %8s %8s %8s %12s %14s %8s %16s\n",
                "workers", "models", "load s", "shots", "efficiency", "wall/bound", "loads",
                "2(work.+models)");
  }
  for (const int workers : {1, 10, 256}) {
    for (const int models : {1, 3, 10, 30, 100}) {
      for (const double load : {0.0, 20.0}) {
        for (const int each : {10, 40}) print_choice({workers, models, load, workers * each}, format);
      }
    }
  }
  print_choice({64, 20, 20, 10000}, format);
}

}  // namespace
}  // namespace pia::tests

int main(int count, char** words) {
  using pia::tests::Format;
  const Format format = count > 1 && std::string(words[1]) == "--json" ? Format::json : Format::table;
  pia::tests::print_costs(format);
  pia::tests::print_choices(format);
  return 0;
}
