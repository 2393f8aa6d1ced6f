// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "jobs/core/training.hpp"

namespace pia::renderer {

/// AdamW's memory, flat as the parameters are.
struct Moments {
  at::Tensor first;
  at::Tensor second;
  at::Tensor average;  ///< of the values; undefined without ema
};
Moments make_moments(const at::Tensor& values, const jobs::Optimizer& choices);

/// The learning rate of a step, 0 ..: rising linearly over the warm-up, then constant or half a cosine.
double learning_rate(const jobs::Optimizer& choices, std::int64_t step, std::int64_t steps);

/// Scales the gradients so that their norm is at most `limit` (0: as they are), as clip_grad_norm_ does.
/// The norm before.
double clip(const at::Tensor& gradients, double limit);

/// Decoupled weight decay (torch.optim.AdamW) of all values, or of the same part of all tensors. The average
/// stays.
struct Advance {
  std::int64_t step = 0;  ///< 0 ..: of these values, how often they were advanced before
  double learning_rate = 0;
};
void advance(const at::Tensor& values, const at::Tensor& gradients, const Moments& moments,
             const jobs::Optimizer& choices, const Advance& now);

/// Moves the average, if there is one, towards the values after a step (0 ..). Its decay is less in the first
/// steps: min(ema, (1 + step) / (10 + step)).
void follow(const at::Tensor& values, const Moments& moments, const jobs::Optimizer& choices,
            std::int64_t step);

}  // namespace pia::renderer
