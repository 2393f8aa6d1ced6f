// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "renderer/nn/tensors.hpp"

namespace pia::renderer {

/// What a VAE's latents are to become.
struct Whitening {
  at::Tensor latents;      ///< some of the VAE's means, fp32 [n, channels]
  double deviation = 1;    ///< wanted, in the VAE's units
  double posterior = 0.1;  ///< the posterior's deviation, the same everywhere
};

/// Folds a linear change of the latents into quant_conv, and its inverse into post_quant_conv: their mean
/// becomes 0, their covariance deviation^2 times 1 (ZCA). A direction with less than 0.08 of the mean
/// variance is treated as if it had that, and stays smaller than the others: one that carries little should
/// not weigh as much as colour does, nor a dead one be blown up.
void whiten(LiveTensors& vae, const Whitening& whitening);

}  // namespace pia::renderer
