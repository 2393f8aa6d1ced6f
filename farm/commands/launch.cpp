// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/launch.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include "farm/commands/in_a_job.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/notices.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/launcher/guard.hpp"
#include "farm/launcher/launcher.hpp"
#include "farm/launcher/prepare.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/rank/options.hpp"
#include "farm/run_rules.hpp"
#include "farm/worker_command.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

/// Tells of itself beside what the ranks print.
class LauncherVoice : public Notices {
 public:
  explicit LauncherVoice(Watcher& display) : display_(display) {}
  void waiting(const std::string& run_directory, const std::string& sentence) override {
    display_.waiting(run_directory, sentence);
  }
  void started(const Start& start) override { display_.started(start); }
  void finished(const Summary& summary) override { display_.finished(summary); }

 private:
  Watcher& display_;
};

std::string voice_of(const RunOptions& options) {
  return options.voice == Voice::json ? "json" : options.voice == Voice::quiet ? "quiet" : "normal";
}

/// Where a rehearsal happens in fact: nothing in it looks at the device.
struct Work {
  jobs::Plan plan;
  jobs::Site site;
  std::string device;
  std::vector<jobs::ShotId> only = {};  ///< what --only keeps; empty: all
  RunStarted::Command command = RunStarted::Command::anew;
};

Work plan_anew(const RunOptions& options, const Surroundings& here, Told& told) {
  const LoadedJob job = load_plan(options.job, here, told);
  Work work{.plan = planned(job), .site = job.site, .device = job.device, .only = job.compiled.only};
  require_shots(work.plan);
  return work;
}

/// Whether the last command in a run directory was an earlier start of this Slurm job. One that was requeued
/// before it got the directory left nothing there: what is kept is somebody else's.
bool began_here(const slurm::JobRun& job, storage::FileOps& files, const std::string& folder) {
  std::vector<std::string> complaints;
  return fold(storage::replay(files, folder).records, complaints).slurm_job == job.id;
}

/// A requeue goes on with what was planned, whatever became of the job file.
Work plan_of_job(const RunOptions& options, const Surroundings& here, Told& told) {
  if (here.place.job.restarts == 0) return plan_anew(options, here, told);
  const std::string folder = find_run_directory(options.job, here);
  const auto files = storage::make_posix_file_ops();
  auto kept = read_plan(*files, folder);
  if (!kept || !began_here(here.place.job, *files, folder)) return plan_anew(options, here, told);
  kept->out = folder;
  const jobs::Site site = load_site(options.job, here);
  return {.plan = std::move(*kept),
          .site = site,
          .device = device_of(site),
          .command = RunStarted::Command::goes_on};
}

std::string command_of(const RunOptions& options, const Surroundings& here) {
  return here.program + " " + job_words(options.job);
}

RankOptions told_to_ranks(const Work& work, const RunOptions& options, const Surroundings& here) {
  return {.run_directory = work.plan.out,
          .device = work.device,
          .renderer = options.renderer,
          .fake_step_seconds = options.fake_step_seconds,
          .digest_file = here.digest_file,
          .scratch = work.site.scratch,
          .attempts = work.site.attempts,
          .checkpoint_every = work.site.checkpoint_every,
          .silence = options.silence,
          .voice = voice_of(options),
          .program = here.program,
          .render_flags = renderer_words(options.renderer, options.fake_step_seconds),
          .run_flags = run_flags(options),
          .job_words = job_words(options.job)};
}

/// What an attempt to begin is made of.
struct Attempt {
  const RunOptions& options;
  const Surroundings& here;
  Told& told;
  Watcher& voice;
};

ExitCode try_to_launch(const Attempt& attempt, BatchStops& stops, const Turn& turn) {
  const RunOptions& options = attempt.options;
  const Work work = plan_of_job(options, attempt.here, attempt.told);
  refuse_cpus_by_accident({.device = work.device,
                           .site = work.site,
                           .facts = ask_about_job(attempt.here.place.job.id),
                           .rehearsal = is_rehearsal(options.renderer)},
                          command_of(options, attempt.here));
  const LaunchOptions launching{
      .place = attempt.here.place,
      .stops = stops,
      .ranks = {.in_all = attempt.here.place.tasks_wished, .per_node = options.workers},
      .told = told_to_ranks(work, options, attempt.here),
      .command = work.command,
      .only = work.only,
      .reports = {.write = report_of(work.plan, options, attempt.here)},
      .turn = turn};
  return launch(work.plan, work.site, launching, attempt.voice);
}

ExitCode live_as_launcher(const RunOptions& options, const Surroundings& here) {
  Told told;
  BatchStops stops(here.place.job.id);
  return with_display({.options = options}, here, [&](Watcher& display) {
    LauncherVoice voice(display);
    return in_turn_of_job({.if_held = options.if_held, .job = here.place.job, .watcher = voice}, stops,
                          [&](const Turn& turn) {
                            return try_to_launch({options, here, told, voice}, stops, turn);
                          });
  });
}

[[noreturn]] void replace_this_process(const RankOptions* options) {
  std::vector<std::string> words = {beside_this_program("pia-farm-rank")};
  if (options != nullptr) {
    const auto more = rank_arguments(*options);
    words.insert(words.end(), more.begin(), more.end());
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(pointers.front(), pointers.data());
  throw jobs::Error(ExitCode::unavailable, "can't become " + words.front() + ": " + std::strerror(errno));
}

[[noreturn]] void try_to_become_rank_zero(const Attempt& attempt, const Turn& turn) {
  const Surroundings& here = attempt.here;
  const RunOptions& options = attempt.options;
  const Work work = plan_anew(options, here, attempt.told);
  OwnedRun run(work.plan, attempt.voice,
               {.job = here.place.job, .job_runs = ask_whether_it_runs, .turn = turn});
  refuse_to_mix(run.history().device, work.plan.out, options.renderer);
  run.adopt(work.plan);
  measure(run, limited(work.plan, work.only), options.renderer, attempt.voice);
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int threads = prepare(run,
                              {.plan = work.plan,
                               .site = work.site,
                               .renderer = options.renderer,
                               .fake_step_seconds = options.fake_step_seconds,
                               .device = work.device,
                               .workers = here.place.ranks,
                               .cores_a_worker = cores / here.place.ranks,
                               .only = work.only,
                               .slurm_job = here.place.job.id},
                              attempt.voice);
  RankOptions rank = told_to_ranks(work, options, here);
  rank.nonce = run.nonce();
  rank.slurm_job = slurm::to_text(here.place.job);
  rank.threads = threads;
  replace_this_process(&rank);
}

}  // namespace

ExitCode launch_in_job(const RunOptions& options, const Surroundings& here) {
  refuse_arrays(here, command_of(options, here));
  return guarded(here.place.job.id, [&] { return live_as_launcher(options, here); });
}

ExitCode become_a_rank(const RunOptions& options, const Surroundings& here) {
  if (here.place.rank > 0) replace_this_process(nullptr);
  Told told;
  Notices voice;
  return in_turn({.if_held = options.if_held, .job = here.place.job, .watcher = voice},
                 [&](const Turn& turn) -> ExitCode {
                   try_to_become_rank_zero({options, here, told, voice}, turn);
                 });
}

void refuse_to_launch_here(const RunOptions& options) {
  throw jobs::Error(
      ExitCode::unavailable,
      "launch works inside a Slurm job; on the login node say: sbatch pia-farm " + job_words(options.job));
}

}  // namespace pia::farm
