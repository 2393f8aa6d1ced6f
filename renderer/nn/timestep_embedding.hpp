// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "renderer/nn/layers.hpp"

namespace pia::renderer {

/// Linear, SiLU, Linear on a sinusoid: "time_embedding".
struct TimestepEmbedding {
  Linear linear_1;
  Linear linear_2;
};

TimestepEmbedding load_timestep_embedding(const WeightTree& weights);

/// [n] timesteps (fp32) -> [n, channels], fp32: cosines, then sines, of t * 10000^(-i / (channels / 2)).
at::Tensor timestep_sinusoid(const at::Tensor& timesteps, std::int64_t channels);

/// [n, channels] -> [n, time width].
at::Tensor forward(const TimestepEmbedding& layer, const at::Tensor& sinusoid);

}  // namespace pia::renderer
