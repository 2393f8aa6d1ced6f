// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// MPI_COMM_WORLD as a reducer, whose sums are the same bytes on every rank. Starts MPI; the destructor ends
/// it, and waits for all ranks. One thread.
std::unique_ptr<renderer::Reducer> make_mpi_reducer();

}  // namespace pia::farm
