// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/prepare.hpp"

#include <algorithm>

#include "farm/clocks.hpp"
#include "farm/run_rules.hpp"
#include "farm/version.hpp"
#include "jobs/core/error.hpp"
#include "storage/checkpoint_store.hpp"

namespace pia::farm {
namespace {

std::int64_t steps_kept(storage::FileOps& files, const jobs::Plan& plan, const RunHistory& history) {
  const storage::CheckpointStore checkpoints(files, plan.out);
  const auto ids = checkpoints.ids();
  std::int64_t steps = 0;
  for (const jobs::PlannedShot& shot : plan.shots) {
    if (!std::binary_search(ids.begin(), ids.end(), shot.id)) continue;
    const auto found = checkpoints.load(shot.id, shot.shot.dtype, history.device);
    if (found.checkpoint) steps += found.checkpoint->next_step;
  }
  return steps;
}

}  // namespace

Measured measure(OwnedRun& run, const jobs::Plan& plan, const std::string& renderer, Watcher& watcher) {
  Measured measured{.found = run.find_done(plan, renderer, watcher)};
  measured.kept = {.shots = static_cast<std::int64_t>(measured.found.done.size()),
                   .steps = steps_kept(run.files(), plan, run.history())};
  measured.all_done =
      measured.found.done.size() == plan.shots.size() && measured.found.without_videos.empty();
  return measured;
}

Measured take_stock(OwnedRun& run, const jobs::Plan& plan, const std::string& renderer, Watcher& watcher) {
  run.next_epoch(watcher);
  return measure(run, plan, renderer, watcher);
}

int prepare(OwnedRun& run, const GenerationWish& wish, Watcher& watcher) {
  refuse_to_mix(run.history().device, wish.plan.out, wish.renderer);
  if (wish.only.size() > kMostChosen) {
    throw jobs::Error(jobs::ExitCode::bad_usage, "--only keeps " + std::to_string(wish.only.size()) +
                                                     " shots, and ranks can be told of " +
                                                     std::to_string(kMostChosen) +
                                                     " at most; choose fewer, or all");
  }
  const auto [threads, overruled] = threads_a_worker(run.history(), wish.site, wish.cores_a_worker);
  if (!overruled.empty() && wish.command == RunStarted::Command::anew) watcher.notice(overruled);
  storage::Journal journal(run.files(), wish.plan.out, run.epoch(), run.history().next_sequence);
  journal.append(storage::RecordType::run_started,
                 stamped(payload_of(RunStarted{.threads = threads,
                                               .workers = wish.workers,
                                               .device = device_kind(wish.renderer, wish.device),
                                               .build = kVersion,
                                               .renderer = wish.renderer,
                                               .fake_step_seconds = wish.fake_step_seconds,
                                               .command = wish.command,
                                               .only = wish.only,
                                               .job = wish.plan.job_name,
                                               .slurm_job = wish.slurm_job}),
                         wall_seconds()));
  journal.commit();
  return threads;
}

}  // namespace pia::farm
