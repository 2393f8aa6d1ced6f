// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/job.hpp"
#include "farm/commands/launch.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/commands/verbs.hpp"

namespace pia::farm {

jobs::ExitCode run(const RunOptions& options, const Surroundings& surroundings) {
  using Kind = slurm::Place::Kind;
  if (surroundings.place.kind == Kind::rank) become_a_rank(options, surroundings);
  if (names_a_training(options.job, surroundings)) {
    return train(
        {.job = options.job, .workers = options.workers, .voice = options.voice, .if_held = options.if_held},
        surroundings);
  }
  if (surroundings.place.kind == Kind::batch) return launch_in_job(options, surroundings);
  if (options.where == RunOptions::Where::in_a_job) refuse_to_launch_here(options);
  const LoadedJob job = load_in_turn(options, surroundings);
  return run_plan({.plan = planned(job), .site = job.site, .device = job.device, .only = job.compiled.only},
                  options, surroundings);
}

}  // namespace pia::farm
