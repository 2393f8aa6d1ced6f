// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/report/facts.hpp"
#include "farm/run_history.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::tests {

/// A journal, written event by event, of a plan of three shots of ten steps: dog, cat, cow. A minute passes
/// between two events.
class Story {
 public:
  Story() {
    plan_.job_name = "night <1>";
    plan_.out = "/runs/night";
    std::uint64_t seed = 0;
    for (const char* name : {"dog", "cat", "cow"})
      plan_.shots.push_back(ShotBuilder{}.seed(++seed).steps(10).planned(name));
  }

  Story& starts(int workers, farm::RunStarted::Command command = farm::RunStarted::Command::anew) {
    ++epoch_;
    return then(storage::RecordType::run_started,
                payload_of(farm::RunStarted{
                    .threads = 1, .workers = workers, .device = "cuda", .build = "1", .command = command}));
  }
  Story& starts_only(const std::vector<std::string>& shots) {
    farm::RunStarted started{.threads = 1, .workers = 1, .device = "cuda", .build = "1"};
    for (const std::string& shot : shots) started.only.push_back(id(shot));
    ++epoch_;
    return then(storage::RecordType::run_started, payload_of(started));
  }
  Story& goes_on(int workers) { return starts(workers, farm::RunStarted::Command::goes_on); }
  Story& is_at(int worker, const std::string& host, const std::string& gpu) {
    return then(storage::RecordType::worker_known, farm::payload_of_worker(worker, host, gpu));
  }
  Story& gets(int worker, const std::string& shot, int attempt = 1) {
    return then(storage::RecordType::shot_assigned, farm::payload_of_shot(id(shot), worker, attempt));
  }
  Story& commits(const std::string& shot, int steps = 10, const jobs::Measures& measures = {}) {
    return then(
        storage::RecordType::shot_committed,
        farm::payload_of_commit(
            id(shot), 4096,
            jobs::Timings{.load = 5, .encode = 1, .denoise = 4.0 * steps, .decode = 2, .steps_done = steps},
            measures));
  }
  Story& fails(const std::string& shot, int attempt, const std::string& reason, farm::StepsDone steps) {
    return then(storage::RecordType::attempt_failed,
                farm::payload_of_failure(id(shot), attempt, reason, steps));
  }
  Story& gives_up(const std::string& shot, const std::string& reason) {
    return then(storage::RecordType::shot_failed, farm::payload_of_failure(id(shot), 3, reason));
  }
  Story& loses(int worker) {
    return then(storage::RecordType::worker_lost,
                payload_of(farm::WorkerTrouble{worker, "it was not heard of for 30 s",
                                               farm::WorkerTrouble::Kind::silent}));
  }
  Story& stops(const std::string& shot, int step) {
    return then(storage::RecordType::shot_stopped,
                farm::payload_of_stop(id(shot), step, {.from = 0, .reached = step}));
  }
  Story& finishes(jobs::ExitCode code) {
    return then(storage::RecordType::run_finished, payload_of(farm::RunFinished{.code = code}));
  }
  Story& is_stopped() {
    return then(storage::RecordType::run_finished, payload_of(farm::RunFinished{.drained = true}));
  }
  Story& then(storage::RecordType type, const std::string& payload) {
    now_ += 60;
    records_.push_back({.type = type,
                        .epoch = epoch_,
                        .sequence = records_.size() + 1,
                        .payload = farm::stamped(payload, now_)});
    return *this;
  }
  Story& breaks(const std::string& payload) {
    records_.push_back({.type = storage::RecordType::shot_committed,
                        .epoch = epoch_,
                        .sequence = records_.size() + 1,
                        .payload = payload});
    return *this;
  }

  farm::RunFacts facts() const { return farm::facts_of(plan_, records_); }
  const jobs::Plan& plan() const { return plan_; }
  jobs::Plan plan_without(const std::string& name) const {
    jobs::Plan plan = plan_;
    std::erase_if(plan.shots, [&](const jobs::PlannedShot& shot) { return shot.name == name; });
    return plan;
  }
  const std::vector<storage::Record>& records() const { return records_; }
  double now() const { return now_; }
  jobs::ShotId id(const std::string& name) const {
    for (const jobs::PlannedShot& shot : plan_.shots) {
      if (shot.name == name) return shot.id;
    }
    return {};
  }

 private:
  jobs::Plan plan_;
  std::vector<storage::Record> records_;
  std::uint64_t epoch_ = 0;
  double now_ = 1'700'000'000;
};

/// A night with everything in it.
inline Story a_hard_night() {
  Story story;
  story.starts(3)
      .is_at(0, "node1", "0")
      .is_at(1, "node1", "1")
      .is_at(2, "node2", "0")
      .gets(0, "dog")
      .gets(1, "cat")
      .gets(2, "cow")
      .fails("cat", 1, "the renderer was killed by signal 11 (SIGSEGV) after step 6, while denoising",
             {.from = 0, .reached = 6})
      .loses(2)
      .stops("cow", 3)
      .gets(1, "cow", 2)
      .goes_on(2)
      .is_at(0, "node1", "0")
      .is_at(1, "node1", "1")
      .gets(0, "dog", 2)
      .gets(1, "cat", 2)
      .commits("cat", 5)
      .commits("dog", 10)
      .gets(0, "cow", 3)
      .fails("cow", 3, "picture \"cow.png\" has changed", {.from = 3, .reached = 3})
      .gives_up("cow", "picture \"cow.png\" has changed")
      .finishes(jobs::ExitCode::some_failed);
  return story;
}

}  // namespace pia::tests
