// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/whitening.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/diag.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mv.h>

#include <cmath>

namespace pia::renderer {
namespace {

constexpr double kLeastShare = 0.08;

}  // namespace

void whiten(LiveTensors& vae, const Whitening& whitening) {
  const at::Tensor latents = whitening.latents.to(at::kDouble);
  const at::Tensor mean = latents.mean(0);
  const at::Tensor centred = latents - mean;
  const at::Tensor covariance = at::matmul(centred.t(), centred) / static_cast<double>(latents.size(0));
  const auto [variances, axes] = at::linalg_eigh(covariance);
  const at::Tensor kept = at::clamp_min(variances, kLeastShare * variances.mean().item<double>());
  const auto along = [&axes = axes](const at::Tensor& scales) { return at::matmul(axes * scales, axes.t()); };
  const at::Tensor change = along(kept.rsqrt()) * whitening.deviation;
  const at::Tensor back = along(kept.sqrt()) / whitening.deviation;

  const std::int64_t channels = latents.size(1);
  at::Tensor weight = vae.at("quant_conv.weight").to(at::kDouble).flatten(1).clone();
  at::Tensor bias = vae.at("quant_conv.bias").to(at::kDouble).clone();
  weight.narrow(0, 0, channels).copy_(at::matmul(change, weight.narrow(0, 0, channels)));
  bias.narrow(0, 0, channels).copy_(at::mv(change, bias.narrow(0, 0, channels) - mean));
  weight.narrow(0, channels, channels).zero_();
  bias.narrow(0, channels, channels).fill_(2 * std::log(whitening.posterior));
  vae["quant_conv.weight"] = weight.to(at::kFloat).view(vae.at("quant_conv.weight").sizes());
  vae["quant_conv.bias"] = bias.to(at::kFloat);

  const at::Tensor after = vae.at("post_quant_conv.weight").to(at::kDouble).flatten(1);
  vae["post_quant_conv.bias"] =
      (vae.at("post_quant_conv.bias").to(at::kDouble) + at::mv(after, mean)).to(at::kFloat);
  vae["post_quant_conv.weight"] =
      at::matmul(after, back).to(at::kFloat).view(vae.at("post_quant_conv.weight").sizes());
}

}  // namespace pia::renderer
