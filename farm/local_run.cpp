// SPDX-License-Identifier: Apache-2.0
#include "farm/local_run.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "dsl/plan_json.hpp"
#include "farm/coordinator.hpp"
#include "farm/run_directory.hpp"
#include "farm/run_files.hpp"
#include "farm/run_rules.hpp"
#include "farm/signals.hpp"
#include "farm/supervisor.hpp"
#include "farm/version.hpp"
#include "farm/wall_clock.hpp"
#include "farm/worker_command.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestPause{250};
constexpr std::chrono::seconds kLeaseBeat{5};
// All is done by then: a renderer need only end.
constexpr std::chrono::seconds kQuitPatience{10};

scheduler::TimePoint now() {
  return Clock::now().time_since_epoch();
}

struct Setting {
  const jobs::Plan& plan;
  const jobs::Site& site;
  const LocalRunOptions& options;
  int threads = 1;
};

RendererCommand command_of(const Setting& setting) {
  const ChildOptions child{
      .run_directory = setting.plan.out,
      .checkpoint_every = setting.site.checkpoint_every,
      .device = setting.options.device,
      .threads = setting.threads,
      .digest_file = digest_file_for(setting.options.renderer, setting.options.digest_file),
      .parent = getpid()};
  return worker_command(child, setting.options);
}

class LocalRun {
 public:
  LocalRun(const Setting& setting, OwnedRun& run, Watcher& watcher)
      : run_(run),
        watcher_(watcher),
        transport_(setting.options.workers),
        journal_(run.files(), setting.plan.out, run.epoch(), run.history().next_sequence),
        store_(run.files(), setting.plan.out),
        coordinator_({.plan = setting.plan,
                      .workers = transport_.coordinator(),
                      .journal = journal_,
                      .store = store_,
                      .watcher = watcher,
                      .epoch = run.epoch(),
                      .worker_count = setting.options.workers,
                      .wall_at_zero = wall_at_zero()},
                     policy_of(setting.site.attempts, setting.options.device)) {
    const RunStarted started{.threads = setting.threads,
                             .workers = setting.options.workers,
                             .device = device_kind(setting.options.renderer, setting.options.device),
                             .build = kVersion,
                             .renderer = setting.options.renderer,
                             .fake_step_seconds = setting.options.fake_step_seconds};
    journal_.append(storage::RecordType::run_started, stamped(payload_of(started), wall_seconds()));
    for (int i = 0; i < setting.options.workers; ++i) {
      supervisors_.push_back(
          std::make_unique<Supervisor>(transport_.worker(scheduler::WorkerId{i}), command_of(setting), i));
    }
  }

  Summary live(const Coordinator::Found& found) {
    const auto start = Clock::now();
    coordinator_.begin(found, now());
    while (!coordinator_.finished() && !stop_now_) turn();
    finish();
    Summary summary = coordinator_.summary();
    summary.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return summary;
  }

 private:
  void turn() {
    for (const auto& supervisor : supervisors_) supervisor->pump();
    coordinator_.pump(now());
    for (const auto& supervisor : supervisors_) supervisor->pump();
    watcher_.tick(now());
    beat();
    if (!coordinator_.finished()) wait();
  }

  void beat() {
    if (Clock::now() < next_beat_) return;
    next_beat_ = Clock::now() + kLeaseBeat;
    run_.beat(watcher_);
  }

  void wait() {
    std::vector<pollfd> watched = {{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0}};
    for (const auto& supervisor : supervisors_) {
      if (supervisor->socket() >= 0)
        watched.push_back({.fd = supervisor->socket(), .events = POLLIN, .revents = 0});
    }
    poll(watched.data(), watched.size(), static_cast<int>(kLongestPause.count()));
    for (int left = signals_.take(); left > 0; --left) {
      if (stops_asked_++ == 0) {
        coordinator_.drain(now());
      } else {
        stop_now_ = true;
      }
    }
  }

  void finish() {
    if (!stop_now_) {
      journal_.append(storage::RecordType::run_finished,
                      stamped(payload_of(end_of(coordinator_.summary())), wall_seconds()));
      coordinator_.pump(now());
      coordinator_.dismiss_workers();
      const auto deadline = Clock::now() + kQuitPatience;
      const auto done = [](const auto& supervisor) { return supervisor->finished(); };
      while (!std::all_of(supervisors_.begin(), supervisors_.end(), done) && Clock::now() < deadline &&
             !stop_now_) {
        for (const auto& supervisor : supervisors_) supervisor->pump();
        coordinator_.pump(now());
        wait();
      }
    }
    for (const auto& supervisor : supervisors_) supervisor->kill_now();
  }

  OwnedRun& run_;
  Watcher& watcher_;
  StopSignals signals_;
  InProcessTransport transport_;
  storage::Journal journal_;
  storage::ShotStore store_;
  Coordinator coordinator_;
  std::vector<std::unique_ptr<Supervisor>> supervisors_;
  Clock::time_point next_beat_ = Clock::now();
  int stops_asked_ = 0;
  bool stop_now_ = false;
};

jobs::Plan limited(const jobs::Plan& whole, const std::vector<jobs::ShotId>& only) {
  jobs::Plan plan = whole;
  if (only.empty()) return plan;
  std::erase_if(plan.shots, [&](const jobs::PlannedShot& shot) {
    return std::find(only.begin(), only.end(), shot.id) == only.end();
  });
  return plan;
}

}  // namespace

jobs::ExitCode run_locally(const jobs::Plan& whole, const jobs::Site& site, const LocalRunOptions& options,
                           Watcher& watcher) {
  OwnedRun run(whole, watcher);
  const jobs::Plan plan = limited(whole, options.only);
  refuse_to_mix(run.history(), plan, options.renderer);
  run.adopt(whole);
  const int threads =
      threads_a_worker(run.history(), site,
                       std::max(1, static_cast<int>(std::thread::hardware_concurrency())) / options.workers);
  const Coordinator::Found found = run.find_done(plan, watcher);
  watcher.started({.plan = plan,
                   .workers = options.workers,
                   .threads = threads,
                   .done_before = static_cast<int>(found.done.size()),
                   .done = {found.done.begin(), found.done.end()},
                   .device = device_kind(options.renderer, options.device)});
  Summary summary;
  if (found.done.size() == plan.shots.size() && found.without_videos.empty()) {
    summary.shots = summary.done_before = static_cast<int>(plan.shots.size());
  } else {
    try {
      summary = LocalRun({plan, site, options, threads}, run, watcher).live(found);
    } catch (const storage::FencedOff&) {
      throw jobs::Error(jobs::ExitCode::run_again,
                        plan.out + " was taken over by another run; nothing more was written by this one");
    }
  }
  watcher.finished(summary);
  return exit_code(summary);
}

}  // namespace pia::farm
