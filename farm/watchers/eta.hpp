// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/core/plan.hpp"
#include "jobs/core/result.hpp"
#include "renderer/renderer.hpp"
#include "scheduler/event.hpp"

namespace pia::farm {

/// How long the rest of a run takes, from what was measured so far. A shot's time is
///   model load, if its worker has another model   (mean of the loads seen)
///   + steps x seconds a step                      (mean of its size if seen, else of the nearest in cost)
///   + decoding, by pixels x frames                (mean seconds a pixel seen)
///   + the rest: text, image, writing              (mean seconds a shot seen)
/// and the shots left are dealt, model by model, to whichever worker is free first. Until a first shot is
/// done, decoding is taken as one step, loading and the rest as nothing. Small pictures cost more than their
/// share of large ones: nothing is said before a step was measured, nor, as long as fewer than five shots
/// were done, while a step of most shots left costs over 2.5 times as much or as little as any that was
/// measured. The caller gives the time; nothing here reads a clock. One thread.
class Eta {
 public:
  explicit Eta(int workers) : workers_(workers) {}

  /// A shot that is not done at the start.
  void add(const jobs::PlannedShot& shot);

  void assigned(scheduler::WorkerId worker, const jobs::ShotId& shot, scheduler::TimePoint now);
  void progressed(const jobs::ShotId& shot, const renderer::Progress& progress, scheduler::TimePoint now);
  void committed(const jobs::ShotId& shot, const jobs::Timings& timings, scheduler::TimePoint now);
  void released(const jobs::ShotId& shot);  ///< its attempt failed or was stopped: it waits again
  void gave_up(const jobs::ShotId& shot);

  /// Seconds until everything is done; nothing while too little was measured to tell. 0 when nothing is left.
  std::optional<double> seconds_left(scheduler::TimePoint now) const;

  /// Mean seconds a step of shots of this size; nothing if none was measured.
  std::optional<double> seconds_a_step(const jobs::ShotId& shot) const;

 private:
  struct Mean {
    double sum = 0;
    double weight = 0;
    void add(double value, double by) {
      sum += value;
      weight += by;
    }
    double value_or(double fallback) const { return weight > 0 ? sum / weight : fallback; }
  };
  struct Work {
    double step_cost = 0;  ///< pixels x frames a step x passes: also names the size
    double area = 0;       ///< pixels x frames
    int steps = 0;
    std::string model;
  };
  struct Running {
    int worker = 0;
    scheduler::TimePoint since{};
    scheduler::TimePoint phase_since{};
    renderer::Progress progress;
    bool resident = false;  ///< its model was loaded already when it was handed out
  };

  bool is_known(const Work& work) const;
  bool knows_enough() const;
  double step_seconds(const Work& work) const;
  double shot_seconds(const Work& work) const;
  double running_seconds(const Work& work, const Running& running, scheduler::TimePoint now) const;

  int workers_;
  std::map<std::string, std::vector<jobs::ShotId>> by_model_;  ///< as the scheduler deals them
  std::map<jobs::ShotId, Work> work_;                          ///< of what is not done
  std::map<jobs::ShotId, Running> running_;
  std::map<int, std::string> resident_;
  std::map<double, Mean> steps_by_cost_;  ///< seconds a step, by step_cost
  Mean decode_;                           ///< seconds a unit of area
  Mean load_;                             ///< seconds a load
  Mean rest_;                             ///< seconds a shot
  int measured_ = 0;                      ///< shots from beginning to end
};

}  // namespace pia::farm
