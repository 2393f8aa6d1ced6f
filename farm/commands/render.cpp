// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/job.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/commands/verbs.hpp"

namespace pia::farm {

jobs::ExitCode render(const RenderOptions& options, const Surroundings& surroundings) {
  const JobOptions& wish = options.run.job;
  if (names_a_folder(wish, surroundings) && wish.sets.empty()) {
    const std::string folder = find_run_directory(wish, surroundings);
    jobs::Plan plan = require_kept_plan(*storage::make_posix_file_ops(), folder);
    plan.out = folder;
    const jobs::Site site = load_site(wish, surroundings);
    return run_plan(
        {.plan = plan, .site = site, .device = device_of(site), .only = {find_shot(plan, options.shot).id}},
        options.run, surroundings);
  }
  const LoadedJob job = load_job(wish, surroundings);
  const jobs::Plan& plan = require_plan(job, surroundings);
  return run_plan(
      {.plan = plan, .site = job.site, .device = job.device, .only = {find_shot(plan, options.shot).id}},
      options.run, surroundings);
}

}  // namespace pia::farm
