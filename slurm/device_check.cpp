// SPDX-License-Identifier: Apache-2.0
#include "slurm/device_check.hpp"

namespace pia::slurm {

std::optional<std::string> refusal(const DeviceQuestion& question, const std::string& command) {
  const bool by_accident = question.built_for_gpus && question.cluster_has_gpus && !question.job_has_gpus &&
                           !question.cpu_asked_for && !question.rehearsal;
  if (!by_accident) return std::nullopt;
  return "this job has no GPU, but the cluster has some; submit it as: sbatch --gpus-per-node=1 " + command +
         " (or write device = \"cpu\" into the site file, to render on CPUs)";
}

}  // namespace pia::slurm
