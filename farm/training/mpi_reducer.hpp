// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// MPI_COMM_WORLD as a reducer, whose sums are the same bytes on every rank. Starts MPI; the destructor ends
/// it, and waits for all ranks. One thread.
std::unique_ptr<renderer::Reducer> make_mpi_reducer();

/// Which of its node's processes this is, from 0. To be asked while there is an MPI reducer, by all ranks.
int mpi_rank_in_node();

}  // namespace pia::farm
