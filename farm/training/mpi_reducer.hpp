// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// MPI_COMM_WORLD as a reducer: sums go out in buckets of four megabytes, in the same order on every rank, so
/// that all ranks get the same bytes. Starts MPI; the destructor ends it, and waits for all ranks. One
/// thread.
std::unique_ptr<renderer::Reducer> make_mpi_reducer();

}  // namespace pia::farm
