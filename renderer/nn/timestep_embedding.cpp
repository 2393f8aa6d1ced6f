// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/timestep_embedding.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>

#include <cmath>

namespace pia::renderer {

TimestepEmbedding load_timestep_embedding(const WeightTree& weights) {
  return {.linear_1 = load_linear(weights / "linear_1"), .linear_2 = load_linear(weights / "linear_2")};
}

at::Tensor timestep_sinusoid(const at::Tensor& timesteps, std::int64_t channels) {
  const std::int64_t half = channels / 2;
  const at::Tensor exponent = at::arange(half, at::kFloat) * -std::log(10000.0) / static_cast<double>(half);
  const at::Tensor angle = timesteps.unsqueeze(1) * at::exp(exponent).unsqueeze(0);
  return at::cat({at::cos(angle), at::sin(angle)}, 1);
}

at::Tensor forward(const TimestepEmbedding& layer, const at::Tensor& sinusoid) {
  const at::Tensor hidden = forward(layer.linear_1, sinusoid.to(layer.linear_1.weight));
  return forward(layer.linear_2, at::silu(hidden));
}

}  // namespace pia::renderer
