// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/optimizer.hpp"

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pia::renderer {

Moments make_moments(const at::Tensor& values, const jobs::Optimizer& choices) {
  return {.first = at::zeros_like(values),
          .second = at::zeros_like(values),
          .average = choices.ema > 0 ? values.clone() : at::Tensor()};
}

double learning_rate(const jobs::Optimizer& choices, std::int64_t step, std::int64_t steps) {
  double rate = choices.learning_rate;
  if (choices.warmup > 0) {
    rate *= std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(choices.warmup));
  }
  if (!choices.cosine) return rate;
  const double done = static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(steps, 1));
  return rate * 0.5 * (1 + std::cos(std::numbers::pi * std::min(done, 1.0)));
}

double clip(const at::Tensor& gradients, double limit) {
  const double norm = at::linalg_vector_norm(gradients, 2).item<double>();
  if (limit > 0 && norm > limit) gradients.mul_(limit / (norm + 1e-6));
  return norm;
}

void advance(const at::Tensor& values, const at::Tensor& gradients, const Moments& moments,
             const jobs::Optimizer& choices, const Advance& now) {
  const at::Tensor count = at::full({}, static_cast<double>(now.step + 1), values.options());
  at::_fused_adamw_({values}, {gradients}, {moments.first}, {moments.second}, {}, {count}, now.learning_rate,
                    choices.beta1, choices.beta2, choices.weight_decay, choices.eps, /*amsgrad=*/false,
                    /*maximize=*/false);
}

void follow(const at::Tensor& values, const Moments& moments, const jobs::Optimizer& choices,
            std::int64_t step) {
  if (!moments.average.defined()) return;
  const auto done = static_cast<double>(step);
  moments.average.lerp_(values, 1 - std::min(choices.ema, (1 + done) / (10 + done)));
}

}  // namespace pia::renderer
