// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "jobs/core/training.hpp"
#include "renderer/nn/tensors.hpp"
#include "renderer/training/components.hpp"

namespace pia::renderer {

/// Where a trained tensor lies in the flat buffers.
struct Slice {
  std::string component;
  std::string key;  ///< of the layout; of a LoRA: the layer's, then "lora_down.weight" or "lora_up.weight"
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  std::int64_t offset = 0;
};

/// A low-rank change of one weight: weight + up * down, both flattened to matrices. (kohya's alpha = rank.)
struct Lora {
  std::string component;
  std::string key;  ///< of the weight that it changes
  at::Tensor down;  ///< [rank, in(, k, k)]
  at::Tensor up;    ///< [out, rank(, 1, 1)]
};

/// All tensors of a training. The trained ones are views of `values`, and their gradients of `gradients`, so
/// that reducing, clipping and optimising are each one pass over flat memory.
struct Parameters {
  std::map<std::string, LiveTensors> tensors;
  std::vector<Lora> loras;
  std::vector<Slice> slices;
  at::Tensor values;     ///< fp32 [n]
  at::Tensor gradients;  ///< fp32 [n + 1]; the last is for the loss, which is reduced with them
};

/// Chooses what is trained and moves it into flat buffers on the device, where all else goes, too. Throws
/// jobs::InputError if that is nothing.
Parameters make_parameters(Components& components, const jobs::Training& training,
                           at::Device device = at::kCPU);

/// A component's tensors as a step computes with them, LoRAs applied.
LiveTensors live_tensors(const Parameters& parameters, const std::string& component);

/// The same tensors with others in place of the trained values: `values` is as flat.
Parameters with_values(const Parameters& parameters, const at::Tensor& values);

/// The tensor that a slice of `values` is, as autograd knows it.
const at::Tensor& trained_tensor(const Parameters& parameters, std::size_t slice);

/// A part of the flat buffers.
struct Range {
  std::int64_t offset = 0;
  std::int64_t size = 0;
};

/// Where all of a component's trained tensors lie, and no others. Size 0: none is trained.
Range range_of(const Parameters& parameters, const std::string& component);

bool trains(const Parameters& parameters, const std::string& component);

/// The slice's part of a flat buffer, as a tensor of its shape.
at::Tensor part_of(const at::Tensor& flat, const Slice& slice);

}  // namespace pia::renderer
