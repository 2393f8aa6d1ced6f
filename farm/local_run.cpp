// SPDX-License-Identifier: Apache-2.0
#include "farm/local_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "dsl/plan_json.hpp"
#include "farm/clocks.hpp"
#include "farm/run_directory.hpp"
#include "farm/run_files.hpp"
#include "farm/run_loop.hpp"
#include "farm/run_rules.hpp"
#include "farm/version.hpp"
#include "farm/worker_command.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::milliseconds kLongestPause{250};

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
      .scratch = scratch_of_node(setting.site.scratch, Reach::one_machine, setting.options.renderer,
                                 environment_variable),
      .parent = getpid()};
  return worker_command(child, setting.options);
}

Summary coordinate(const Setting& setting, OwnedRun& run, const Coordinator::Found& found, Watcher& watcher) {
  StopSignals signals(StopSignals::Afterwards::what_they_did);
  InProcessTransport transport(setting.options.workers);
  storage::Journal journal(run.files(), setting.plan.out, run.epoch(), run.history().next_sequence);
  const storage::ShotStore store(run.files(), setting.plan.out);
  Coordinator coordinator({.plan = setting.plan,
                           .workers = transport.coordinator(),
                           .journal = journal,
                           .store = store,
                           .watcher = watcher,
                           .epoch = run.epoch(),
                           .worker_count = setting.options.workers,
                           .wall_at_zero = wall_at_zero()},
                          policy_of(setting.site.attempts, setting.options.device));
  const RunStarted started{.threads = setting.threads,
                           .workers = setting.options.workers,
                           .device = device_kind(setting.options.renderer, setting.options.device),
                           .build = kVersion,
                           .renderer = setting.options.renderer,
                           .fake_step_seconds = setting.options.fake_step_seconds,
                           .only = setting.options.only,
                           .job = setting.plan.job_name};
  journal.append(storage::RecordType::run_started, stamped(payload_of(started), wall_seconds()));
  std::vector<std::unique_ptr<Supervisor>> supervisors;
  for (int i = 0; i < setting.options.workers; ++i) {
    supervisors.push_back(
        std::make_unique<Supervisor>(transport.worker(scheduler::WorkerId{i}), command_of(setting), i));
  }
  return run_to_end({.coordinator = coordinator,
                     .journal = journal,
                     .watcher = watcher,
                     .signals = signals,
                     .supervisors = supervisors,
                     .beat = [&] { run.beat(watcher); },
                     .wait = [](const std::vector<pollfd>& watched) { ready_within(kLongestPause, watched); },
                     .second_signal = SecondSignal::ends_at_once},
                    found);
}

}  // namespace

jobs::ExitCode run_locally(const jobs::Plan& whole, const jobs::Site& site, const LocalRunOptions& options,
                           Watcher& watcher) {
  OwnedRun run(whole, watcher, {.turn = options.turn});
  Reporter reporter(options.reports, run.epoch());
  const jobs::Plan plan = limited(whole, options.only);
  refuse_to_mix(run.history().device, plan.out, options.renderer);
  const Coordinator::Found found = run.find_done(plan, options.renderer, watcher);
  run.adopt(whole);
  const auto [threads, overruled] =
      threads_a_worker(run.history(), site,
                       std::max(1, static_cast<int>(std::thread::hardware_concurrency())) / options.workers);
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
    if (!overruled.empty()) watcher.notice(overruled);
    try {
      summary = coordinate({plan, site, options, threads}, run, found, watcher);
    } catch (const storage::FencedOff&) {
      throw jobs::Error(jobs::ExitCode::run_again,
                        plan.out + " was taken over by another run; nothing more was written by this one");
    }
  }
  // The last words name what is written.
  reporter.finish(watcher);
  watcher.finished(summary);
  return exit_code(summary);
}

}  // namespace pia::farm
