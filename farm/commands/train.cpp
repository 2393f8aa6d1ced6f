// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <utility>

#include "farm/commands/in_a_job.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/launcher/guard.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/signals.hpp"
#include "farm/training/train_launcher.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

TrainDisplay::Form form_of(const TrainOptions& options, const Surroundings& surroundings) {
  if (options.voice == Voice::quiet) return TrainDisplay::Form::quiet;
  const bool live = isatty(STDOUT_FILENO) == 1 && surroundings.terminal == Surroundings::Terminal::able;
  return live ? TrainDisplay::Form::terminal : TrainDisplay::Form::plain;
}

/// What an attempt to begin is made of.
struct Attempt {
  const TrainOptions& options;
  const Surroundings& here;
  Told& told;
  TrainDisplay& display;
};

LoadedTraining load_and_check(const Attempt& attempt) {
  const TrainOptions& options = attempt.options;
  auto job = load_training(options.job, attempt.here);
  if (!job) {
    throw jobs::Error(ExitCode::bad_config, options.job.target + " is a job that renders; start it with " +
                                                attempt.here.program + " " + job_words(options.job) +
                                                ", or write kind = \"train\" below format");
  }
  attempt.told.leave_out_of(job->compiled.diagnostics);
  const dsl::PlannedTraining& planned = require_training(*job, attempt.here);
  refuse_namesake_of(options.job, planned.out, planned.job_file, attempt.here);
  const int batch = planned.training.batch;
  if (attempt.here.place.kind != slurm::Place::Kind::batch)
    require_share_for_each({.count = options.workers}, batch);
  return std::move(*job);
}

/// Where its processes run, and who may stop it there.
struct Ground {
  TrainRanks ranks;
  std::function<StopWish()> stop_asked;
};

TrainingEnd try_to_train(const Attempt& attempt, const LoadedTraining& job, const Ground& ground,
                         const Turn& turn) {
  return launch_training({.planned = *job.compiled.planned,
                          .job_text = job.text,
                          .ranks = ground.ranks,
                          .threads = job.site.threads,
                          .device = device_of(job.site),
                          .device_is_wished = job.site.device != jobs::DeviceWish::automatic,
                          .program = attempt.options.trainer,
                          .step_seconds = attempt.options.step_seconds,
                          .silence = std::chrono::duration<double>(attempt.options.silence),
                          .job = attempt.here.place.job,
                          .job_runs = ask_whether_it_runs,
                          .stop_asked = ground.stop_asked,
                          .turn = turn},
                         attempt.display);
}

ExitCode train_here(const Attempt& attempt, const Turn& turn) {
  const LoadedTraining job = load_and_check(attempt);
  StopSignals signals;
  int asked = 0;
  const auto stop_asked = [&signals, &asked] {
    asked += signals.take();
    return asked == 0 ? StopWish::none : asked == 1 ? StopWish::soon : StopWish::now;
  };
  return try_to_train(attempt, job, {ranks_here(attempt.options.workers), stop_asked}, turn).code;
}

slurm::JobFacts require_facts(const Surroundings& here) {
  const std::string& job = here.place.job.id;
  if (auto facts = ask_about_job(job)) return *facts;
  throw jobs::Error(ExitCode::unavailable,
                    "scontrol says nothing of job " + job +
                        ", so its nodes are unknown; submit it again when Slurm answers");
}

std::string command_of(const TrainOptions& options, const Surroundings& here) {
  return here.program + " train " + job_words(options.job);
}

ExitCode train_in_job(const Attempt& attempt, BatchStops& stops, const Turn& turn) {
  const Surroundings& here = attempt.here;
  const LoadedTraining job = load_and_check(attempt);
  const std::optional<slurm::JobFacts> facts = require_facts(here);
  refuse_cpus_by_accident({.device = device_of(job.site),
                           .site = job.site,
                           .facts = facts,
                           .rehearsal = attempt.options.trainer != TrainOptions{}.trainer},
                          command_of(attempt.options, here));
  const TrainRanks ranks =
      ranks_in_job(facts->nodes, {.in_all = here.place.tasks_wished, .per_node = attempt.options.workers});
  require_share_for_each(ranks, job.compiled.planned->training.batch);
  const auto stop_asked = [&stops] {
    const bool asked = stops.asked();
    return stops.asked_to_stop_at_once() ? StopWish::now : asked ? StopWish::soon : StopWish::none;
  };
  const TrainingEnd end = try_to_train(attempt, job, {ranks, stop_asked}, turn);
  if (end.processes_were_told) stops.others_were_told();
  if (end.code != ExitCode::run_again || stops.cause() == slurm::DrainCause::none) return end.code;
  if (stops.cause() == slurm::DrainCause::clock && !end.kept_something) {
    // It would do the same for ever.
    attempt.display.notice(
        "the job's time is too short for a checkpoint, so it is not run again; give it more "
        "with --time, or lower checkpoint_every");
    return end.code;
  }
  stops.end(attempt.display);
  return end.code;
}

/// Calls `work` with what an attempt needs besides.
ExitCode with_voice(const TrainOptions& options, const Surroundings& here,
                    const std::function<ExitCode(const Attempt&)>& work) {
  // A reader of our output that goes away must not end a night's work.
  signal(SIGPIPE, SIG_IGN);
  Stream results(STDOUT_FILENO);
  TrainDisplay display(results, form_of(options, here));
  Told told;
  return work({options, here, told, display});
}

Queue queue_of(const Attempt& attempt) {
  return {.if_held = attempt.options.if_held, .job = attempt.here.place.job, .watcher = attempt.display};
}

ExitCode live_as_launcher(const TrainOptions& options, const Surroundings& here) {
  BatchStops stops(here.place.job.id);
  return with_voice(options, here, [&](const Attempt& attempt) {
    return in_turn_of_job(queue_of(attempt), stops,
                          [&](const Turn& turn) { return train_in_job(attempt, stops, turn); });
  });
}

}  // namespace

ExitCode train(const TrainOptions& options, const Surroundings& here) {
  using Kind = slurm::Place::Kind;
  if (here.place.kind == Kind::rank) {
    throw jobs::Error(ExitCode::bad_usage, "a training starts its own processes; leave mpirun or srun out: " +
                                               command_of(options, here) + " --workers " +
                                               std::to_string(here.place.ranks));
  }
  if (here.place.kind == Kind::batch) {
    refuse_arrays(here, command_of(options, here));
    return guarded(here.place.job.id, [&] { return live_as_launcher(options, here); });
  }
  return with_voice(options, here, [](const Attempt& attempt) {
    return in_turn(queue_of(attempt), [&](const Turn& turn) { return train_here(attempt, turn); });
  });
}

}  // namespace pia::farm
