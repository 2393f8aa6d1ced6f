// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "renderer/training/parameters.hpp"
#include "renderer/training/trainer.hpp"

namespace torch::autograd {
struct Node;
}

namespace pia::renderer {

/// Sums a step's gradients over all ranks while the backward pass still computes others: in buckets of whole
/// tensors that lie side by side. The first step learns in which order they come to be there, and all ranks
/// take rank 0's; from then on each goes out as soon as it is there and all before it have gone. (PyTorch's
/// DistributedDataParallel does the same; Li et al., VLDB 2020, section 3.2.) One thread, that of the pass
/// (on a GPU autograd's own, while the caller's waits for it). Parameters and reducer outlive it.
class GradientSums {
 public:
  /// Floats of a bucket, at least.
  static constexpr std::int64_t kBucket = std::int64_t{1} << 20;

  GradientSums(const Parameters& parameters, Reducer& reducer, std::int64_t bucket = kBucket);
  GradientSums(const GradientSums&) = delete;
  GradientSums& operator=(const GradientSums&) = delete;
  ~GradientSums() = default;

  /// The pass that follows is the last that adds to the gradients, and the loss is in its place beside them.
  void begin();

  /// After that pass: waits until all are summed, those of tensors that it did not reach, too.
  void finish();

 private:
  struct Bucket {
    std::int64_t offset = 0;
    std::int64_t size = 0;
    int tensors = 0;
    int missing = 0;  ///< of them, in this pass
  };
  class Hook;

  void make_buckets(std::int64_t least);
  void agree_on_order();
  void listen();
  void is_there(std::size_t bucket);
  void send(const Bucket& bucket);

  const Parameters& parameters_;
  Reducer& reducer_;
  std::vector<Bucket> buckets_;
  std::vector<std::size_t> bucket_of_;  ///< of each slice
  std::vector<std::size_t> order_;      ///< in which buckets go out; empty in the first step
  std::vector<std::size_t> came_;       ///< in which they came to be there, in the first step
  std::size_t sent_ = 0;                ///< of `order_`
  bool listens_ = false;
  /// A tensor keeps its accumulator only as long as somebody has it.
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators_;
};

}  // namespace pia::renderer
