// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace pia::renderer {

/// One step of DDIM (Song et al. 2020, formulas 12 and 16) with PIA's schedule: linear betas 0.00085 ..
/// 0.012 over 1000 steps, leading spacing, offset 1, alpha 1 after the last step. Fp32 throughout, in
/// torch's order of operations.
struct DdimStep {
  std::int64_t timestep = 0;
  float alpha = 1;           ///< cumulative product at `timestep`
  float alpha_previous = 1;  ///< at the timestep that the step leads to
};

/// The steps of a whole run, the noisiest first. Throws jobs::InputError unless 1 <= steps <= 999.
std::vector<DdimStep> ddim_schedule(int steps);

/// How much noise a step adds with `eta`: eta times the square root of DDPM's variance.
float ddim_sigma(const DdimStep& step, double eta);

/// The noise that a step adds: sigma times values of unit variance. Nothing for eta 0.
struct DdimNoise {
  float sigma = 0;
  at::Tensor values;
};

/// The latents after a step, from those before it and the network's answer.
at::Tensor ddim_advance(const DdimStep& step, const at::Tensor& latents, const at::Tensor& answer,
                        const DdimNoise& noise = {});

/// Clean latents, noised as much as they are before `step`.
at::Tensor ddim_noised(const DdimStep& step, const at::Tensor& clean, const at::Tensor& noise);

}  // namespace pia::renderer
