// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/tensors.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/matmul.h>

#include <cstring>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

at::ScalarType scalar_type(WeightType type) {
  switch (type) {
    case WeightType::fp32:
      return at::kFloat;
    case WeightType::fp16:
      return at::kHalf;
    case WeightType::bf16:
      return at::kBFloat16;
    default:
      PIA_ASSERT(false && "a weight that the renderer uses is fp32, fp16 or bf16");
  }
}

at::Tensor changed(const TensorView& view, const std::vector<LowRank>& changes, const Placement& placement) {
  const Placement exact{.device = placement.device, .dtype = at::kFloat};
  at::Tensor sum = tensor_of(view, exact);
  for (const LowRank& change : changes) {
    const at::Tensor up = tensor_of(change.up, exact).flatten(1);
    const at::Tensor down = tensor_of(change.down, exact).flatten(1);
    sum.add_(at::matmul(up, down).view(sum.sizes()), change.scale);
  }
  if (!at::isfinite(sum).all().item<bool>()) {
    throw jobs::WeightError("with its LoRAs the weight " + view.name +
                            " is not finite; lower their weights, or leave out the one that is broken");
  }
  return sum.to(placement.dtype);
}

}  // namespace

at::Tensor tensor_of(const TensorView& view, const Placement& placement) {
  const at::Tensor host = at::empty(view.shape, scalar_type(view.type));
  PIA_ASSERT(host.nbytes() == view.bytes.size());
  if (!view.bytes.empty()) std::memcpy(host.data_ptr(), view.bytes.data(), view.bytes.size());
  return host.to(placement.device, placement.dtype);
}

WeightTree WeightTree::operator/(std::string_view name) const {
  WeightTree branch = *this;
  branch.prefix_ += name;
  branch.prefix_ += '.';
  return branch;
}

at::Tensor WeightTree::operator[](std::string_view name) const {
  if (live_ != nullptr) {
    const auto live = live_->find(prefix_ + std::string(name));
    PIA_ASSERT(live != live_->end());
    return live->second;
  }
  const std::string key = prefix_ + std::string(name);
  const auto found = tensors_->find(key);
  PIA_ASSERT(found != tensors_->end());
  const auto changes = loras_ == nullptr ? LowRanks::const_iterator() : loras_->find(key);
  const bool is_changed = loras_ != nullptr && changes != loras_->end();
  return is_changed ? changed(found->second, changes->second, placement_)
                    : tensor_of(found->second, placement_);
}

bool WeightTree::has(std::string_view name) const {
  const std::string key = prefix_ + std::string(name);
  return live_ != nullptr ? live_->contains(key) : tensors_->contains(key);
}

}  // namespace pia::renderer
