// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "farm/commands/in_turn.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/training/train_launcher.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

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
    throw jobs::Error(jobs::ExitCode::bad_config,
                      options.job.target + " is a job that renders; start it with " + attempt.here.program +
                          " " + job_words(options.job) + ", or write kind = \"train\" below format");
  }
  attempt.told.leave_out_of(job->compiled.diagnostics);
  const dsl::PlannedTraining& planned = require_training(*job, attempt.here);
  if (options.workers > planned.training.batch) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      "--workers is " + std::to_string(options.workers) + ", and a batch has " +
                          std::to_string(planned.training.batch) + " to share; give at most as many");
  }
  return std::move(*job);
}

jobs::ExitCode try_to_train(const Attempt& attempt, const Turn& turn) {
  const LoadedTraining job = load_and_check(attempt);
  return launch_training({.planned = *job.compiled.planned,
                          .job_text = job.text,
                          .workers = attempt.options.workers,
                          .threads = job.site.threads,
                          .device = device_of(job.site),
                          .program = attempt.options.trainer,
                          .step_seconds = attempt.options.step_seconds,
                          .turn = turn},
                         attempt.display);
}

}  // namespace

jobs::ExitCode train(const TrainOptions& options, const Surroundings& surroundings) {
  // A reader of our output that goes away must not end a night's work.
  signal(SIGPIPE, SIG_IGN);
  Stream results(STDOUT_FILENO);
  TrainDisplay display(results, form_of(options, surroundings));
  Told told;
  return in_turn({.if_held = options.if_held, .job = surroundings.place.job, .watcher = display},
                 [&](const Turn& turn) {
                   return try_to_train({options, surroundings, told, display}, turn);
                 });
}

}  // namespace pia::farm
