// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// A reducer of gradients that lie on GPUs, one of each process, by NCCL; what lies in the processes' own
/// memory is summed by `host`, which must be of the same processes. Makes the GPU `rank_in_node` that of this
/// process. Throws jobs::DeviceError if the node has fewer GPUs, and when NCCL does not start. One thread.
std::unique_ptr<renderer::Reducer> make_nccl_reducer(std::unique_ptr<renderer::Reducer> host,
                                                     int rank_in_node);

}  // namespace pia::farm
