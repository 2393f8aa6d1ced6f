// SPDX-License-Identifier: Apache-2.0
#include "renderer/samplers/ddim.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/linspace.h>

#include <cmath>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

constexpr int kTrainSteps = 1000;
constexpr int kOffset = 1;

}  // namespace

std::vector<DdimStep> ddim_schedule(int steps) {
  if (steps < 1 || steps >= kTrainSteps) {
    throw jobs::InputError("steps = " + std::to_string(steps) + ": DDIM takes 1 to 999 steps");
  }
  const at::Tensor betas = at::linspace(0.00085, 0.012, kTrainSteps, at::kFloat);
  const at::Tensor alphas = at::cumprod(1 - betas, 0);
  const float* alpha = alphas.const_data_ptr<float>();
  const int ratio = kTrainSteps / steps;
  std::vector<DdimStep> schedule;
  for (int i = steps - 1; i >= 0; --i) {
    const int timestep = i * ratio + kOffset;
    const int previous = timestep - ratio;
    schedule.push_back({.timestep = timestep,
                        .alpha = alpha[timestep],
                        .alpha_previous = previous >= 0 ? alpha[previous] : 1.0F});
  }
  return schedule;
}

float ddim_sigma(const DdimStep& step, double eta) {
  const float variance =
      (1 - step.alpha_previous) / (1 - step.alpha) * (1 - step.alpha / step.alpha_previous);
  return static_cast<float>(eta) * std::sqrt(variance);
}

at::Tensor ddim_advance(const DdimStep& step, const at::Tensor& latents, const at::Tensor& answer,
                        const DdimNoise& noise) {
  const at::Tensor clean = (latents - answer * std::sqrt(1 - step.alpha)) / std::sqrt(step.alpha);
  const float direction = std::sqrt(1 - step.alpha_previous - noise.sigma * noise.sigma);
  at::Tensor next = clean * std::sqrt(step.alpha_previous) + answer * direction;
  if (noise.values.defined()) next = next + noise.values * noise.sigma;
  return next;
}

at::Tensor ddim_noised(const DdimStep& step, const at::Tensor& clean, const at::Tensor& noise) {
  return clean * std::sqrt(step.alpha) + noise * std::sqrt(1 - step.alpha);
}

}  // namespace pia::renderer
