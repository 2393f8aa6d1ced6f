// SPDX-License-Identifier: Apache-2.0
#include "farm/training/nccl_reducer.hpp"

#include <cuda_runtime.h>
#include <nccl.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// Torch computes on the stream that all threads share unless told otherwise, and nothing here tells it.
constexpr cudaStream_t kTorchs = nullptr;

constexpr std::chrono::microseconds kBetweenLooks{50};

std::string text_of(cudaError_t result) {
  return std::string("CUDA: ") + cudaGetErrorString(result);
}

std::string text_of(ncclResult_t result) {
  return std::string("NCCL: ") + ncclGetErrorString(result);
}

/// While the GPUs meet: nothing that another start would mend.
template <class Result>
void require(Result result, const std::string& what) {
  if (result != Result{}) throw jobs::DeviceError("can't " + what + "; " + text_of(result));
}

/// Later: a link or a GPU that failed may be well again, and the training has its checkpoint.
template <class Result>
void require_now(Result result) {
  if (result == Result{}) return;
  throw jobs::Error(jobs::ExitCode::run_again, "the GPUs' gradients can't be summed; " + text_of(result));
}

int choose_gpu(int rank_in_node) {
  int gpus = 0;
  require(cudaGetDeviceCount(&gpus), "count the GPUs of this node");
  const int gpu = gpus == 1 ? 0 : rank_in_node;
  if (gpu >= gpus) {
    throw jobs::DeviceError("process " + std::to_string(rank_in_node + 1) +
                            " of this node has no GPU: there are " + std::to_string(gpus) +
                            "; ask for as many processes as there are GPUs");
  }
  require(cudaSetDevice(gpu), "take GPU " + std::to_string(gpu));
  return gpu;
}

/// Takes a GPU, or fails in all processes: one that failed alone would be waited for by the others.
int agree_on_gpus(renderer::Reducer& host, int rank_in_node) {
  std::array<float, 1> without = {0};
  std::string why;
  int gpu = 0;
  try {
    gpu = choose_gpu(rank_in_node);
  } catch (const jobs::DeviceError& error) {
    without = {1};
    why = error.what();
  }
  host.sum(without);
  if (without[0] == 0) return gpu;
  throw jobs::DeviceError(why.empty() ? "another process of this training has no GPU" : why);
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
  NcclReducer(renderer::Reducer& host, int gpu) : host_(host), gpu_(gpu) {
    require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "make a stream");
    require(cudaEventCreateWithFlags(&written_, cudaEventDisableTiming), "make an event");
    require(ncclCommInitRank(&communicator_, host_.ranks(), agreed_name(host_), host_.rank()),
            "join the processes' GPUs");
  }
  NcclReducer(const NcclReducer&) = delete;
  NcclReducer& operator=(const NcclReducer&) = delete;
  ~NcclReducer() override {
    if (communicator_ != nullptr) ncclCommDestroy(communicator_);
    cudaEventDestroy(written_);
    cudaStreamDestroy(stream_);
  }

  int rank() const override { return host_.rank(); }
  int ranks() const override { return host_.ranks(); }

  void begin(std::span<float> values) override {
    require_now(cudaSetDevice(gpu_));
    require_now(cudaEventRecord(written_, kTorchs));
    require_now(cudaStreamWaitEvent(stream_, written_, 0));
    require_now(ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat, ncclSum, communicator_,
                              stream_));
  }

  // NCCL's kernels need no thread of this process.
  void go_on() override {}

  // A sum whose partner is gone never ends: NCCL tells of it, and the stream does not.
  void finish() override {
    for (cudaError_t state = cudaStreamQuery(stream_); state != cudaSuccess;
         state = cudaStreamQuery(stream_)) {
      if (state != cudaErrorNotReady) give_up(state);
      ncclResult_t failure = ncclSuccess;
      if (const ncclResult_t asked = ncclCommGetAsyncError(communicator_, &failure); asked != ncclSuccess) {
        give_up(asked);
      }
      if (failure != ncclSuccess && failure != ncclInProgress) give_up(failure);
      std::this_thread::sleep_for(kBetweenLooks);
    }
  }

  void sum(std::span<float> values) override { host_.sum(values); }

 private:
  template <class Result>
  void give_up(Result why) {
    ncclCommAbort(communicator_);
    communicator_ = nullptr;
    require_now(why);
  }

  renderer::Reducer& host_;
  int gpu_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t written_ = nullptr;
  ncclComm_t communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<renderer::Reducer> make_nccl_reducer(renderer::Reducer& host, int rank_in_node) {
  return std::make_unique<NcclReducer>(host, agree_on_gpus(host, rank_in_node));
}

}  // namespace pia::farm
