// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "farm/commands/diagnostics.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {

namespace {

jobs::ExitCode check_training(const LoadedTraining& job, const CheckOptions& options,
                              const Surroundings& surroundings) {
  if (options.form == Form::json) {
    for (const dsl::Diagnostic& diagnostic : job.compiled.diagnostics) {
      std::printf("%s\n", diagnostic_json(diagnostic).c_str());
    }
    return job.compiled.planned ? jobs::ExitCode::all_done : jobs::ExitCode::bad_config;
  }
  const dsl::PlannedTraining& planned = require_training(job, surroundings);
  std::printf("checked: a training of %s, nothing to complain about; start it with %s train %s\n",
              counted(planned.training.steps, "step").c_str(), surroundings.program.c_str(),
              job_words(options.job).c_str());
  return jobs::ExitCode::all_done;
}

}  // namespace

jobs::ExitCode check(const CheckOptions& options, const Surroundings& surroundings) {
  if (const auto training = load_training(options.job, surroundings)) {
    return check_training(*training, options, surroundings);
  }
  const LoadedJob job = load_job(options.job, surroundings);
  if (options.form == Form::json) {
    for (const dsl::Diagnostic& diagnostic : job.compiled.diagnostics) {
      std::printf("%s\n", diagnostic_json(diagnostic).c_str());
    }
    planned(job);
    return jobs::ExitCode::all_done;
  }
  const jobs::Plan& plan = require_plan(job, surroundings);
  for (const std::string& note : job.notes) std::printf("note: %s\n", printable(note).c_str());
  const std::size_t warnings = job.compiled.diagnostics.size();
  const std::string shots = counted(static_cast<std::int64_t>(plan.shots.size()), "shot");
  std::printf("checked: %s, %s\n", shots.c_str(),
              warnings == 0 ? "nothing to complain about"
                            : counted(static_cast<std::int64_t>(warnings), "warning").c_str());
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
