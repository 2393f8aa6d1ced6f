// SPDX-License-Identifier: Apache-2.0
#include "farm/training/nccl_reducer.hpp"

#include <cuda_runtime.h>
#include <nccl.h>

#include <array>
#include <string>
#include <utility>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// Torch computes on the stream that all threads share unless told otherwise, and nothing here tells it.
constexpr cudaStream_t kTorchs = nullptr;

void require(cudaError_t result, const std::string& what) {
  if (result != cudaSuccess)
    throw jobs::DeviceError("CUDA can't " + what + ": " + cudaGetErrorString(result));
}

void require(ncclResult_t result, const std::string& what) {
  if (result != ncclSuccess)
    throw jobs::DeviceError("NCCL can't " + what + ": " + ncclGetErrorString(result));
}

void choose_gpu(int rank_in_node) {
  int gpus = 0;
  require(cudaGetDeviceCount(&gpus), "count the GPUs of this node");
  if (rank_in_node >= gpus) {
    throw jobs::DeviceError("process " + std::to_string(rank_in_node + 1) +
                            " of this node has no GPU: there are " + std::to_string(gpus) +
                            "; ask for as many processes as there are GPUs");
  }
  require(cudaSetDevice(rank_in_node), "take GPU " + std::to_string(rank_in_node));
}

// Process 0's name for all of them, passed on a byte a number.
ncclUniqueId agreed_name(renderer::Reducer& host) {
  ncclUniqueId name{};
  if (host.rank() == 0) require(ncclGetUniqueId(&name), "begin");
  std::array<float, sizeof name.internal> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(name.internal[i]);
  host.sum(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    name.internal[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]));
  }
  return name;
}

class NcclReducer : public renderer::Reducer {
 public:
  explicit NcclReducer(std::unique_ptr<renderer::Reducer> host) : host_(std::move(host)) {
    require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "make a stream");
    require(cudaEventCreateWithFlags(&written_, cudaEventDisableTiming), "make an event");
    require(ncclCommInitRank(&communicator_, host_->ranks(), agreed_name(*host_), host_->rank()),
            "join the processes' GPUs");
  }
  NcclReducer(const NcclReducer&) = delete;
  NcclReducer& operator=(const NcclReducer&) = delete;
  ~NcclReducer() override {
    ncclCommDestroy(communicator_);
    cudaEventDestroy(written_);
    cudaStreamDestroy(stream_);
  }

  int rank() const override { return host_->rank(); }
  int ranks() const override { return host_->ranks(); }

  void begin(std::span<float> values) override {
    require(cudaEventRecord(written_, kTorchs), "mark what was computed");
    require(cudaStreamWaitEvent(stream_, written_, 0), "wait for what is computed");
    require(ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat, ncclSum, communicator_,
                          stream_),
            "sum gradients");
  }

  // NCCL's kernels need no thread of this process.
  void go_on() override {}

  void finish() override {
    require(cudaStreamSynchronize(stream_), "sum gradients");
    ncclResult_t failure = ncclSuccess;
    require(ncclCommGetAsyncError(communicator_, &failure), "tell how the sums went");
    require(failure, "sum gradients");
  }

  void sum(std::span<float> values) override { host_->sum(values); }

 private:
  std::unique_ptr<renderer::Reducer> host_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t written_ = nullptr;
  ncclComm_t communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<renderer::Reducer> make_nccl_reducer(std::unique_ptr<renderer::Reducer> host,
                                                     int rank_in_node) {
  choose_gpu(rank_in_node);
  return std::make_unique<NcclReducer>(std::move(host));
}

}  // namespace pia::farm
