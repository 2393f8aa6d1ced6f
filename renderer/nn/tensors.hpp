// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "renderer/weights/model.hpp"

namespace pia::renderer {

/// Where weights live and in what type: fp32 on the CPU; fp16, bf16 or fp32 on a GPU.
struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};

/// A copy of the mapped bytes on the placement's device, in its type.
at::Tensor tensor_of(const TensorView& view, const Placement& placement);

/// A component's tensors by canonical key, as a training holds them: what is computed with, not a copy.
using LiveTensors = std::map<std::string, at::Tensor, std::less<>>;

/// A part of a component's tensors by the names of the checkpoint: `weights / "resnets.0" / "norm1"`.
class WeightTree {
 public:
  WeightTree(const TensorMap& tensors, const Placement& placement)
      : tensors_(&tensors), placement_(placement) {}
  /// With what LoRAs add to them: summed in fp32, then brought to the placement's type.
  WeightTree(const TensorMap& tensors, const LowRanks& loras, const Placement& placement)
      : tensors_(&tensors), loras_(&loras), placement_(placement) {}
  explicit WeightTree(const LiveTensors& live) : live_(&live) {}

  WeightTree operator/(std::string_view name) const;

  /// The tensor at prefix.name. open_model has checked that it is there, so its absence is a broken
  /// invariant.
  at::Tensor operator[](std::string_view name) const;
  bool has(std::string_view name) const;

 private:
  const TensorMap* tensors_ = nullptr;
  const LowRanks* loras_ = nullptr;
  const LiveTensors* live_ = nullptr;
  Placement placement_;
  std::string prefix_;
};

}  // namespace pia::renderer
