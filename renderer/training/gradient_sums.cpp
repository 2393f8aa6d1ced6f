// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/gradient_sums.hpp"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <utility>

#include "jobs/core/error.hpp"

namespace pia::renderer {

/// Called whenever a tensor's gradient was added to.
class GradientSums::Hook : public torch::autograd::FunctionPostHook {
 public:
  Hook(GradientSums& sums, std::size_t bucket) : sums_(sums), bucket_(bucket) {}
  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list& /*inputs*/) override {
    sums_.is_there(bucket_);
    return outputs;
  }

 private:
  GradientSums& sums_;
  std::size_t bucket_;
};

GradientSums::GradientSums(const Parameters& parameters, Reducer& reducer, std::int64_t bucket)
    : parameters_(parameters), reducer_(reducer) {
  make_buckets(bucket);
  // Nobody to send to.
  if (reducer.ranks() > 1) listen();
}

void GradientSums::make_buckets(std::int64_t least) {
  bucket_of_.resize(parameters_.slices.size());
  std::int64_t end = parameters_.gradients.numel();
  for (std::size_t i = parameters_.slices.size(); i-- > 0;) {
    const bool is_full = !buckets_.empty() && buckets_.back().size >= least;
    if (buckets_.empty() || is_full) buckets_.emplace_back();
    Bucket& bucket = buckets_.back();
    bucket.offset = parameters_.slices[i].offset;
    bucket.size += end - bucket.offset;
    ++bucket.tensors;
    end = bucket.offset;
    bucket_of_[i] = buckets_.size() - 1;
  }
}

void GradientSums::listen() {
  for (std::size_t i = 0; i < parameters_.slices.size(); ++i) {
    accumulators_.push_back(torch::autograd::impl::grad_accumulator(trained_tensor(parameters_, i)));
    accumulators_.back()->add_post_hook(std::make_unique<Hook>(*this, bucket_of_[i]));
  }
}

void GradientSums::begin() {
  for (Bucket& bucket : buckets_) bucket.missing = bucket.tensors;
  sent_ = 0;
  listens_ = true;
}

void GradientSums::is_there(std::size_t bucket) {
  if (!listens_) return;
  --buckets_[bucket].missing;
  if (order_.empty() && buckets_[bucket].missing == 0) came_.push_back(bucket);
  while (sent_ < order_.size() && buckets_[order_[sent_]].missing == 0) send(buckets_[order_[sent_++]]);
  reducer_.go_on();
}

void GradientSums::agree_on_order() {
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    if (!std::ranges::count(came_, i)) came_.push_back(i);
  }
  std::vector<float> order(came_.size(), 0);
  if (reducer_.rank() == 0) std::ranges::copy(came_, order.begin());
  reducer_.sum(order);
  std::vector<char> is_there(order.size(), 0);
  for (const float place : order) {
    order_.push_back(static_cast<std::size_t>(place));
    is_there.at(order_.back()) = 1;
  }
  PIA_ASSERT(std::ranges::count(is_there, 1) == std::ssize(is_there));
}

void GradientSums::finish() {
  listens_ = false;
  if (order_.empty()) agree_on_order();
  while (sent_ < order_.size()) send(buckets_[order_[sent_++]]);
  reducer_.finish();
}

void GradientSums::send(const Bucket& bucket) {
  float* const gradients = parameters_.gradients.mutable_data_ptr<float>();
  reducer_.begin({gradients + bucket.offset, static_cast<std::size_t>(bucket.size)});
}

}  // namespace pia::renderer
