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

/// Sums a step's gradients over all ranks while the backward pass still computes others. A bucket is of whole
/// tensors, the last of the flat buffer first, since a network's last layers come first in that pass; it goes
/// out once all of it is there and all before it have gone, so that all ranks sum the same in the same order.
/// One thread, that of the pass. Parameters and reducer outlive it.
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
  void listen();
  void is_there(std::size_t bucket);
  void send_what_is_whole();
  void send(const Bucket& bucket);

  const Parameters& parameters_;
  Reducer& reducer_;
  std::vector<Bucket> buckets_;
  std::vector<std::size_t> bucket_of_;  ///< of each slice
  std::size_t sent_ = 0;
  bool listens_ = false;
  /// A tensor keeps its accumulator only as long as somebody has it.
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators_;
};

}  // namespace pia::renderer
