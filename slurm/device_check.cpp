// SPDX-License-Identifier: Apache-2.0
#include "slurm/device_check.hpp"

namespace pia::slurm {

std::optional<std::string> refusal(const DeviceQuestion& question, const std::string& command) {
  if (question.cpu_asked_for || question.rehearsal) return std::nullopt;
  if (question.job_has_gpus && !question.built_for_gpus) {
    return "this job has GPUs, but this pia-farm is built for CPUs alone; where the CUDA 13 toolkit is, run: "
           "PIA_PRESET=cuda ./pia-farm setup, and submit it again (or write device = \"cpu\" into the site "
           "file, to use CPUs)";
  }
  const bool by_accident = question.built_for_gpus && question.cluster_has_gpus && !question.job_has_gpus;
  if (!by_accident) return std::nullopt;
  return "this job has no GPU, but the cluster has some; submit it as: sbatch --gpus-per-node=1 " + command +
         " (or write device = \"cpu\" into the site file, to use CPUs)";
}

}  // namespace pia::slurm
