// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/eta.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <queue>

#include "jobs/core/model_key.hpp"
#include "renderer/renderer.hpp"

namespace pia::farm {
namespace {

using renderer::Phase;

/// Times as dear a step of which something can be said, and as cheap.
constexpr double kNear = 2.5;
/// After so many shots an estimate that is far off is better than none.
constexpr int kManyShots = 5;

/// A worker in the foretold future.
struct Seat {
  double free_at = 0;
  std::string model;
  bool operator>(const Seat& other) const { return free_at > other.free_at; }
};

double seconds_between(scheduler::TimePoint from, scheduler::TimePoint to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void Eta::add(const jobs::PlannedShot& planned) {
  const jobs::Shot& shot = planned.shot;
  const double pixels = static_cast<double>(shot.geometry.size.width) * shot.geometry.size.height;
  const double passes = shot.guidance_scale > 1 ? 2 : 1;
  const int steps = std::clamp(static_cast<int>(shot.steps * shot.strength), 1, shot.steps);
  const std::string model = jobs::model_key(shot);
  work_[planned.id] = {.step_cost = pixels * static_cast<double>(renderer::frames_a_step(shot)) * passes,
                       .area = pixels * shot.frames,
                       .steps = steps,
                       .model = model};
  by_model_[model].push_back(planned.id);
}

void Eta::assigned(scheduler::WorkerId worker, const jobs::ShotId& shot, scheduler::TimePoint now) {
  const auto work = work_.find(shot);
  if (work == work_.end()) return;
  const bool resident = resident_[worker.value] == work->second.model;
  running_[shot] = {
      .worker = worker.value, .since = now, .phase_since = now, .progress = {}, .resident = resident};
  resident_[worker.value] = work->second.model;
}

void Eta::progressed(const jobs::ShotId& shot, const renderer::Progress& progress, scheduler::TimePoint now) {
  const auto running = running_.find(shot);
  const auto work = work_.find(shot);
  if (running == running_.end() || work == work_.end()) return;
  if (progress.phase == Phase::denoising && progress.seconds > 0) {
    steps_by_cost_[work->second.step_cost].add(progress.seconds, 1);
  }
  running->second.progress = progress;
  running->second.phase_since = now;
}

void Eta::committed(const jobs::ShotId& shot, const jobs::Timings& timings, scheduler::TimePoint now) {
  const auto running = running_.find(shot);
  const auto work = work_.find(shot);
  if (work == work_.end()) return;
  if (running != running_.end()) {
    const double wall = seconds_between(running->second.since, now);
    decode_.add(timings.decode, work->second.area);
    rest_.add(std::max(0.0, wall - timings.load - timings.denoise - timings.decode), 1);
    if (!running->second.resident) load_.add(timings.load, 1);
    ++measured_;
    running_.erase(running);
  }
  work_.erase(work);
}

void Eta::released(const jobs::ShotId& shot) {
  const auto running = running_.find(shot);
  if (running == running_.end()) return;
  resident_.erase(running->second.worker);
  running_.erase(running);
}

void Eta::gave_up(const jobs::ShotId& shot) {
  released(shot);
  work_.erase(shot);
}

bool Eta::is_known(const Work& work) const {
  const auto near = steps_by_cost_.lower_bound(work.step_cost / kNear);
  return near != steps_by_cost_.end() && near->first <= work.step_cost * kNear;
}

bool Eta::knows_enough() const {
  if (steps_by_cost_.empty()) return false;
  if (measured_ >= kManyShots) return true;
  const auto known = std::ranges::count_if(work_, [this](const auto& one) { return is_known(one.second); });
  return 2 * known >= std::ssize(work_);
}

double Eta::step_seconds(const Work& work) const {
  if (steps_by_cost_.empty()) return 0;
  const auto above = steps_by_cost_.lower_bound(work.step_cost);
  auto nearest = above;
  if (above == steps_by_cost_.end()) nearest = std::prev(above);
  if (above != steps_by_cost_.end() && above != steps_by_cost_.begin()) {
    const auto below = std::prev(above);
    if (work.step_cost / below->first < above->first / work.step_cost) nearest = below;
  }
  return nearest->second.value_or(0) * work.step_cost / nearest->first;
}

double Eta::shot_seconds(const Work& work) const {
  const double decode = decode_.weight > 0 ? decode_.value_or(0) * work.area : step_seconds(work);
  return work.steps * step_seconds(work) + decode + rest_.value_or(0);
}

double Eta::running_seconds(const Work& work, const Running& running, scheduler::TimePoint now) const {
  const double step = step_seconds(work);
  const double after_steps = shot_seconds(work) - work.steps * step;
  const double waited = seconds_between(running.phase_since, now);
  switch (running.progress.phase) {
    case Phase::decoding:
      return std::max(0.0, after_steps - waited);
    case Phase::denoising: {
      const int left = std::max(0, running.progress.of - running.progress.step);
      return left == 0 ? after_steps : left * step - std::min(waited, step) + after_steps;
    }
    default: {
      const double load = running.resident ? 0 : load_.value_or(0);
      return std::max(0.0, load - seconds_between(running.since, now)) + shot_seconds(work);
    }
  }
}

std::optional<double> Eta::seconds_left(scheduler::TimePoint now) const {
  if (work_.empty()) return 0.0;
  if (!knows_enough()) return std::nullopt;
  std::vector<Seat> seats(static_cast<std::size_t>(std::max(1, workers_)));
  for (const auto& [worker, model] : resident_) {
    if (static_cast<std::size_t>(worker) < seats.size())
      seats[static_cast<std::size_t>(worker)].model = model;
  }
  for (const auto& [shot, running] : running_) {
    if (static_cast<std::size_t>(running.worker) >= seats.size()) continue;
    seats[static_cast<std::size_t>(running.worker)].free_at = running_seconds(work_.at(shot), running, now);
  }
  double end = 0;
  for (const Seat& seat : seats) end = std::max(end, seat.free_at);
  std::priority_queue<Seat, std::vector<Seat>, std::greater<>> free_first(std::greater<>(), seats);
  for (const auto& [model, shots] : by_model_) {
    for (const jobs::ShotId& shot : shots) {
      const auto work = work_.find(shot);
      if (work == work_.end() || running_.contains(shot)) continue;
      Seat seat = free_first.top();
      free_first.pop();
      if (seat.model != model) seat.free_at += load_.value_or(0);
      seat.model = model;
      seat.free_at += shot_seconds(work->second);
      end = std::max(end, seat.free_at);
      free_first.push(seat);
    }
  }
  return end;
}

std::optional<double> Eta::seconds_a_step(const jobs::ShotId& shot) const {
  const auto work = work_.find(shot);
  if (work == work_.end()) return std::nullopt;
  const auto same_size = steps_by_cost_.find(work->second.step_cost);
  if (same_size == steps_by_cost_.end()) return std::nullopt;
  return same_size->second.value_or(0);
}

}  // namespace pia::farm
