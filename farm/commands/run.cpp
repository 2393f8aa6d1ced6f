// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/job.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/commands/verbs.hpp"

namespace pia::farm {

jobs::ExitCode run(const RunOptions& options, const Surroundings& surroundings) {
  const LoadedJob job = load_job(options.job, surroundings);
  const jobs::Plan& plan = require_plan(job, surroundings);
  return run_plan({.plan = plan, .site = job.site, .device = job.device, .only = job.compiled.only}, options,
                  surroundings);
}

}  // namespace pia::farm
