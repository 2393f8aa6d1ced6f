// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/in_turn.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/launch.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/commands/verbs.hpp"

namespace pia::farm {
namespace {

jobs::ExitCode run_here(const RunOptions& options, const Surroundings& here) {
  Told told;
  return with_display({.options = options}, here, [&](Watcher& watcher) {
    const auto attempt = [&](const Turn& turn) {
      const LoadedJob job = load_plan(options.job, here, told);
      return run_plan({.plan = planned(job),
                       .site = job.site,
                       .device = job.device,
                       .only = job.compiled.only,
                       .turn = turn},
                      options, here, watcher);
    };
    return in_turn({.if_held = options.if_held, .job = here.place.job, .watcher = watcher}, attempt);
  });
}

}  // namespace

jobs::ExitCode run(const RunOptions& options, const Surroundings& surroundings) {
  using Kind = slurm::Place::Kind;
  if (names_a_training(options.job, surroundings)) {
    return train(
        {.job = options.job, .workers = options.workers, .voice = options.voice, .if_held = options.if_held},
        surroundings);
  }
  if (surroundings.place.kind == Kind::rank) return become_a_rank(options, surroundings);
  if (surroundings.place.kind == Kind::batch) return launch_in_job(options, surroundings);
  if (options.where == RunOptions::Where::in_a_job) refuse_to_launch_here(options);
  return run_here(options, surroundings);
}

}  // namespace pia::farm
