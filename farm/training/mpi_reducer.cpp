// SPDX-License-Identifier: Apache-2.0
#include "farm/training/mpi_reducer.hpp"

#include <mpi.h>

#include <algorithm>
#include <vector>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// Floats in one sum: MPI counts with int.
constexpr std::size_t kMost = std::size_t{1} << 30U;

class MpiReducer : public renderer::Reducer {
 public:
  MpiReducer() {
    int level = MPI_THREAD_SINGLE;
    const bool good = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level) == MPI_SUCCESS &&
                      MPI_Comm_rank(MPI_COMM_WORLD, &rank_) == MPI_SUCCESS &&
                      MPI_Comm_size(MPI_COMM_WORLD, &ranks_) == MPI_SUCCESS;
    if (!good)
      throw jobs::Error(jobs::ExitCode::unavailable, "MPI does not start; is mpirun that of this build?");
  }
  MpiReducer(const MpiReducer&) = delete;
  MpiReducer& operator=(const MpiReducer&) = delete;
  ~MpiReducer() override { MPI_Finalize(); }

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }

  // MPI's own error handler ends all ranks, which the launcher then starts again.
  void begin(std::span<float> values) override {
    while (!values.empty()) {
      const std::size_t count = std::min(values.size(), kMost);
      MPI_Iallreduce(MPI_IN_PLACE, values.data(), static_cast<int>(count), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD,
                     &requests_.emplace_back());
      values = values.subspan(count);
    }
  }

  void go_on() override {
    int all = 0;
    if (!requests_.empty())
      MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &all, MPI_STATUSES_IGNORE);
    if (all != 0) requests_.clear();
  }

  void finish() override {
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    requests_.clear();
  }

 private:
  std::vector<MPI_Request> requests_;
  int rank_ = 0;
  int ranks_ = 1;
};

}  // namespace

std::unique_ptr<renderer::Reducer> make_mpi_reducer() {
  return std::make_unique<MpiReducer>();
}

int mpi_rank_in_node() {
  MPI_Comm node = MPI_COMM_NULL;
  int rank = 0;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  MPI_Comm_rank(node, &rank);
  MPI_Comm_free(&node);
  return rank;
}

}  // namespace pia::farm
