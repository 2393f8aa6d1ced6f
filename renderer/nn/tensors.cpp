// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/tensors.hpp"

#include <ATen/ops/empty.h>

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
  const auto found = tensors_->find(prefix_ + std::string(name));
  PIA_ASSERT(found != tensors_->end());
  return tensor_of(found->second, placement_);
}

bool WeightTree::has(std::string_view name) const {
  const std::string key = prefix_ + std::string(name);
  return live_ != nullptr ? live_->contains(key) : tensors_->contains(key);
}

}  // namespace pia::renderer
