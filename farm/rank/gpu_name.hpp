// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "slurm/place.hpp"

namespace pia::farm {

/// The NVIDIA GPUs of this host that this process may use (a cgroup may hide others), as the driver numbers
/// them (N of /dev/nvidiaN), in the order of their bus addresses, in which CUDA counts them under
/// CUDA_DEVICE_ORDER=PCI_BUS_ID. `root` is "/", or a test's folder. Empty if the driver does not tell.
std::vector<int> usable_gpus(const std::string& root);

/// What tells a rank's GPU from all others of its host, whichever rank has it and whatever else a later start
/// may see: strikes are held against it. `visible` is its word of CUDA_VISIBLE_DEVICES, which counts only
/// what the rank may use: where Slurm binds each rank to its own GPU, they all see "0".
std::string gpu_name(const std::string& visible, const slurm::Place& place, const std::vector<int>& usable);

}  // namespace pia::farm
