// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

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

}  // namespace

jobs::ExitCode train(const TrainOptions& options, const Surroundings& surroundings) {
  const auto job = load_training(options.job, surroundings);
  if (!job) {
    throw jobs::Error(jobs::ExitCode::bad_config,
                      options.job.target + " is a job that renders; start it with " + surroundings.program +
                          " " + job_words(options.job) + ", or write kind = \"train\" below format");
  }
  const dsl::PlannedTraining& planned = require_training(*job, surroundings);
  if (options.workers > planned.training.batch) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      "--workers is " + std::to_string(options.workers) + ", and a batch has " +
                          std::to_string(planned.training.batch) + " to share; give at most as many");
  }
  // A reader of our output that goes away must not end a night's work.
  signal(SIGPIPE, SIG_IGN);
  Stream results(STDOUT_FILENO);
  TrainDisplay display(results, form_of(options, surroundings));
  return launch_training({.planned = planned,
                          .job_text = job->text,
                          .workers = options.workers,
                          .threads = job->site.threads,
                          .device = device_of(job->site),
                          .program = options.trainer,
                          .step_seconds = options.step_seconds,
                          .if_held = options.if_held},
                         display);
}

}  // namespace pia::farm
