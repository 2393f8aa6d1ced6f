// SPDX-License-Identifier: Apache-2.0
#include "farm/training/nccl_reducer.hpp"

#include <cuda_runtime.h>
#include <nccl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// Torch computes on the stream that all threads share unless told otherwise, and nothing here tells it.
constexpr cudaStream_t kTorchs = nullptr;

constexpr std::chrono::microseconds kBetweenLooks{50};
constexpr const char* kToSum = "sum the GPUs' gradients";

std::string text_of(cudaError_t result) {
  return std::string("CUDA: ") + cudaGetErrorString(result);
}

std::string text_of(ncclResult_t result) {
  return std::string("NCCL: ") + ncclGetErrorString(result);
}

/// A link or a GPU that failed may be well at the next start, and the training has its checkpoint.
template <class Result>
void require(Result result, const std::string& what) {
  if (result == Result{}) return;
  throw jobs::Error(jobs::ExitCode::run_again, "can't " + what + "; " + text_of(result));
}

/// Which GPU in the world it is, in as many bits as a float has: not 0.
float mark_of(const cudaUUID_t& uuid) {
  std::uint32_t hash = 0x811C9DC5;
  for (const char byte : uuid.bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x01000193;
  return static_cast<float>(1 + hash % ((1U << 24U) - 1));
}

/// Takes the GPU of that number; the only one, where each process is shown one of its own, as Slurm can do.
/// 0 if there is none.
float take_gpu(int rank_in_node, int& gpu) {
  int gpus = 0;
  if (cudaGetDeviceCount(&gpus) != cudaSuccess) return 0;
  gpu = gpus == 1 ? 0 : rank_in_node;
  if (gpu >= gpus) return 0;
  require(cudaSetDevice(gpu), "take GPU " + std::to_string(gpu));
  cudaDeviceProp facts{};
  require(cudaGetDeviceProperties(&facts, gpu), "ask GPU " + std::to_string(gpu) + " what it is");
  return mark_of(facts.uuid);
}

/// Takes a GPU, or throws the same in all processes: one that failed alone would be waited for by the others.
int agree_on_gpus(renderer::Reducer& host, int rank_in_node) {
  int gpu = 0;
  std::vector<float> marks(static_cast<std::size_t>(host.ranks()), 0);
  marks[static_cast<std::size_t>(host.rank())] = take_gpu(rank_in_node, gpu);
  host.sum(marks);
  std::ranges::sort(marks);
  const bool each_has_one = marks.front() > 0;
  if (each_has_one && std::ranges::adjacent_find(marks) == marks.end()) return gpu;
  throw jobs::DeviceError(std::to_string(marks.size()) +
                          " processes train, and not each of them has a GPU of its own; start as many as " +
                          "there are GPUs (--workers, in a Slurm job --ntasks), or write device = \"cpu\" in "
                          "[worker] of the site file");
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
    ncclCommDestroy(communicator_);
    cudaEventDestroy(written_);
    cudaStreamDestroy(stream_);
  }

  int rank() const override { return host_.rank(); }
  int ranks() const override { return host_.ranks(); }

  void begin(std::span<float> values) override {
    require(cudaSetDevice(gpu_), kToSum);
    require(cudaEventRecord(written_, kTorchs), kToSum);
    require(cudaStreamWaitEvent(stream_, written_, 0), kToSum);
    require(ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat, ncclSum, communicator_,
                          stream_),
            kToSum);
  }

  // NCCL's kernels need no thread of this process.
  void go_on() override {}

  // A sum whose partner is gone never ends. Of a link between nodes NCCL tells it; a process that dies ends
  // all by its launcher.
  void finish() override {
    for (cudaError_t state = cudaStreamQuery(stream_); state != cudaSuccess;
         state = cudaStreamQuery(stream_)) {
      if (state != cudaErrorNotReady) require(state, kToSum);
      ncclResult_t failure = ncclSuccess;
      require(ncclCommGetAsyncError(communicator_, &failure), kToSum);
      if (failure != ncclInProgress) require(failure, kToSum);
      std::this_thread::sleep_for(kBetweenLooks);
    }
  }

  void sum(std::span<float> values) override { host_.sum(values); }

 private:
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
