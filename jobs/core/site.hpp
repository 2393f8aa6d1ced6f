// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/core/words.hpp"

namespace pia::jobs {

enum class DeviceWish { automatic, cpu, cuda };

/// What a place is like, apart from any job: read from the site file (dsl/REFERENCE.md), else these defaults.
struct Site {
  DeviceWish device = DeviceWish::automatic;
  std::optional<Dtype> dtype;  ///< nothing: fp16 on cuda, fp32 on cpu
  int threads = 0;             ///< CPU threads a worker; 0: cores / workers, then fixed in the run directory
  double checkpoint_every = 30;          ///< seconds, at a step boundary
  int attempts = 3;                      ///< in all, a shot, within one user command
  std::string scratch = "$TMPDIR";       ///< folder of each node for copies of weights; "": read in place
  std::vector<std::string> model_roots;  ///< [paths] searched after the job file's own
  std::vector<std::string> motion_roots;
  std::vector<std::string> image_roots;
  std::vector<std::string> lora_roots = {};
  std::vector<std::string> sbatch = {};  ///< [slurm] as sbatch's flags, before those of `submit`: "--nodes=4"
  bool operator==(const Site&) const = default;
};

}  // namespace pia::jobs
