// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/in_a_job.hpp"

#include <algorithm>

#include "farm/commands/job.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "jobs/core/error.hpp"
#include "slurm/device_check.hpp"

namespace pia::farm {

using jobs::ExitCode;

void refuse_arrays(const Surroundings& here, const std::string& command) {
  if (here.place.array_task.empty()) return;
  throw jobs::Error(ExitCode::bad_usage, "this is task " + here.place.array_task +
                                             " of a job array, and every task would want the same run "
                                             "directory; give one job more nodes instead: sbatch --nodes=4 " +
                                             command);
}

void refuse_cpus_by_accident(const DeviceOfJob& there, const std::string& command) {
  if (there.device == "cuda") return;
  const bool job_has_gpus =
      there.facts &&
      std::ranges::any_of(there.facts->nodes, [](const slurm::NodeShare& node) { return node.gpus > 0; });
  const auto why = slurm::refusal({.built_for_gpus = built_for_gpus(),
                                   .job_has_gpus = job_has_gpus,
                                   .cluster_has_gpus = cluster_has_gpus(),
                                   .cpu_asked_for = there.site.device == jobs::DeviceWish::cpu,
                                   .rehearsal = there.rehearsal},
                                  command);
  if (why) throw jobs::Error(ExitCode::unavailable, *why);
}

ExitCode in_turn_of_job(Queue queue, BatchStops& stops, const std::function<ExitCode(const Turn&)>& attempt) {
  queue.stop_asked = [&stops] { return stops.asked(); };
  try {
    return in_turn(queue, attempt);
  } catch (const StoppedWaiting& stopped) {
    queue.watcher.notice("told to stop while waiting for " + stopped.run_directory());
    stops.end(queue.watcher);
    return ExitCode::run_again;
  }
}

}  // namespace pia::farm
