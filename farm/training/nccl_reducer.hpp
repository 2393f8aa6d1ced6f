// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// A reducer of gradients that lie on GPUs, one of each process, by NCCL; what lies in the processes' own
/// memory is summed by `host`, which is of the same processes and outlives it. Takes the GPU of number
/// `rank_in_node`; the only one, where each process is shown one of its own, as Slurm can do. Throws
/// jobs::DeviceError, in all processes alike, unless each has a GPU of its own, and jobs::Error(run_again)
/// for what fails in CUDA or NCCL, then and in sums. `begin` and `go_on` may come from another thread than
/// the rest (autograd's own), never two at once.
std::unique_ptr<renderer::Reducer> make_nccl_reducer(renderer::Reducer& host, int rank_in_node);

}  // namespace pia::farm
