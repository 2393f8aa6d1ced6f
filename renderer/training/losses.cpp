// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/losses.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

namespace pia::renderer {
namespace {

at::Tensor differences(const at::Tensor& picture, std::int64_t dimension) {
  const std::int64_t count = picture.size(dimension) - 1;
  return picture.narrow(dimension, 1, count) - picture.narrow(dimension, 0, count);
}

// [n] -> [n, 1, 1, 1, 1]
at::Tensor by_example(const at::Tensor& values) {
  return values.view({-1, 1, 1, 1, 1});
}

at::Tensor sees_noise_alone(const DenoiserBatch& batch) {
  return by_example(batch.timesteps >= batch.terminal_timestep).to(batch.latents.device());
}

template <class Visit>
void each_motion_module(Unet& net, const Visit& visit) {
  const auto layer = [&](UnetLayer& one) {
    if (one.motion_module) visit(*one.motion_module);
  };
  for (DownBlock& block : net.down_blocks) {
    for (UnetLayer& one : block.layers) layer(one);
  }
  if (net.mid_block) layer(net.mid_block->layer);
  for (UpBlock& block : net.up_blocks) {
    for (UnetLayer& one : block.layers) layer(one);
  }
}

}  // namespace

at::Tensor vae_loss(const VaeEncoder& encoder, const VaeDecoder& decoder, const at::Tensor& pictures,
                    const at::Tensor& noise, const jobs::VaeTraining& choices) {
  return vae_loss_of_mean(forward(encoder, pictures).narrow(1, 0, noise.size(1)), decoder, pictures, noise,
                          choices);
}

at::Tensor vae_loss_of_mean(const at::Tensor& mean, const VaeDecoder& decoder, const at::Tensor& pictures,
                            const at::Tensor& noise, const jobs::VaeTraining& choices) {
  const at::Tensor shown = forward(decoder, mean + noise * choices.latent_noise);
  const at::Tensor error = shown - channels_last(pictures);
  at::Tensor loss = error.abs().mean() + error.square().mean();
  loss = loss + (mean * mean).mean() * choices.latent_size;
  // Differences are linear: those of the error are the error of those.
  return loss +
         (differences(error, 2).abs().mean() + differences(error, 3).abs().mean()) * choices.gradient_loss;
}

at::Tensor signal_shares() {
  return at::cumprod(1 - at::linspace(0.00085, 0.012, 1000, at::kFloat), 0);
}

at::Tensor loss_weights(const at::Tensor& timesteps, const jobs::DenoiserTraining& choices) {
  const at::Tensor share = signal_shares().index_select(0, timesteps);
  at::Tensor weights = at::ones_like(share);
  if (choices.loss_weight == jobs::LossWeight::velocity) {
    weights = at::clamp_max(share.reciprocal(), choices.most_weight);
  }
  if (choices.min_snr > 0) weights = weights * at::clamp_max((1 - share) / share * choices.min_snr, 1);
  return weights;
}

at::Tensor signal_shares_of(const DenoiserBatch& batch) {
  return by_example(signal_shares().index_select(0, batch.timesteps)).to(batch.latents.device());
}

at::Tensor noised(const DenoiserBatch& batch) {
  const at::Tensor share = signal_shares_of(batch);
  const at::Tensor mixed = batch.latents * at::sqrt(share) + batch.noise * at::sqrt(1 - share);
  return at::where(sees_noise_alone(batch), batch.noise, mixed);
}

at::Tensor wanted_answer(const DenoiserBatch& batch) {
  const at::Tensor share = signal_shares_of(batch);
  const at::Tensor terminal = (batch.noise - batch.latents * at::sqrt(share)) / at::sqrt(1 - share);
  return at::where(sees_noise_alone(batch), terminal, batch.noise);
}

at::Tensor answer_to(const Unet& net, const at::Tensor& shown, const DenoiserBatch& batch,
                     const at::Tensor& text, const ReferenceChoices& choices) {
  const at::IntArrayRef sizes = shown.sizes();
  const std::int64_t frames = sizes[1];
  at::Tensor sample = shown;
  if (batch.picture.defined()) {
    const at::Tensor planes =
        batch.affinity.view({sizes[0], frames, 1, 1, 1}).expand({sizes[0], frames, 1, sizes[3], sizes[4]});
    sample = at::cat({sample, planes, batch.picture.unsqueeze(1).expand(sizes)}, 2);
  }
  const Pass pass{.frames = frames,
                  .resnet_norm = choices.resnet_norm,
                  .motion_norm = choices.motion_norm,
                  .time = times_of(net, batch.timesteps.to(at::kFloat))};
  return forward(net, sample.flatten(0, 1), pass, text_context(net, text)).contiguous().view(sizes);
}

at::Tensor predicted_noise(const Unet& net, const DenoiserBatch& batch, const at::Tensor& text,
                           const ReferenceChoices& choices) {
  return answer_to(net, noised(batch), batch, text, choices);
}

at::Tensor denoiser_errors(const Unet& net, const DenoiserBatch& batch, const at::Tensor& text,
                           const ReferenceChoices& choices) {
  return (predicted_noise(net, batch, text, choices) - wanted_answer(batch)).square().mean({1, 2, 3, 4});
}

at::Tensor caption_loss(const at::Tensor& text, const at::Tensor& ids, const at::Tensor& token_embedding,
                        const at::Tensor& words) {
  // Captions end where the first of the tokens is that fill the row.
  const at::Tensor ends = ids.eq(ids.narrow(1, ids.size(1) - 1, 1)).to(at::kLong).argmax(1);
  const at::Tensor states = text.gather(1, ends.view({-1, 1, 1}).expand({-1, 1, text.size(2)})).squeeze(1);
  const at::Tensor scores = at::matmul(states, token_embedding.index_select(0, words).t());
  const at::Tensor said = ids.unsqueeze(2).eq(words).any(1).to(at::kFloat);
  const at::Tensor shares = said / at::clamp_min(said.sum(1, /*keepdim=*/true), 1);
  return -(shares * at::log_softmax(scores, 1)).sum(1).mean();
}

void place_frames(Unet& net, const std::vector<std::int64_t>& places) {
  const at::Tensor rows = at::tensor(places, at::kLong);
  each_motion_module(net, [&](MotionModule& module) {
    module.positions = module.positions.index_select(0, rows.to(module.positions.device()));
  });
}

}  // namespace pia::renderer
