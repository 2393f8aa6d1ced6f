// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace pia::slurm {

/// What decides whether a job may render on CPUs.
struct DeviceQuestion {
  bool built_for_gpus = false;
  bool job_has_gpus = false;
  bool cluster_has_gpus = false;
  bool cpu_asked_for = false;  ///< device = "cpu" in the site file
  bool rehearsal = false;      ///< nothing real is rendered
};

/// Nobody renders a night on CPUs by accident: why not, with the sbatch line to use. Nothing if it is meant
/// so. `command` is what the user submitted, after sbatch and its flags.
std::optional<std::string> refusal(const DeviceQuestion& question, const std::string& command);

}  // namespace pia::slurm
