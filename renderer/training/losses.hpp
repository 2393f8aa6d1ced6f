// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "jobs/core/training.hpp"
#include "renderer/nn/unet.hpp"
#include "renderer/nn/vae.hpp"
#include "renderer/reference_choices.hpp"

namespace pia::renderer {

// The losses as functions of everything that was drawn. Each is a mean over its examples.

/// pictures: [n, 3, H, W] in -1..1; noise: [n, latent channels, h, w] of unit variance, added to the latents'
/// mean. L1 + mean square + weighted L1 of the differences between neighbours, right and below, + the
/// latents' mean square.
at::Tensor vae_loss(const VaeEncoder& encoder, const VaeDecoder& decoder, const at::Tensor& pictures,
                    const at::Tensor& noise, const jobs::VaeTraining& choices);

/// The same for a frozen encoder, from its means [n, latent channels, h, w].
at::Tensor vae_loss_of_mean(const at::Tensor& mean, const VaeDecoder& decoder, const at::Tensor& pictures,
                            const at::Tensor& noise, const jobs::VaeTraining& choices);

/// The signal's share of the variance at each timestep, fp32 [1000]: PIA's linear betas.
at::Tensor signal_shares();

/// What a timestep's squared error counts, fp32 [n]: min-SNR is min(gamma / SNR, 1).
at::Tensor loss_weights(const at::Tensor& timesteps, const jobs::DenoiserTraining& choices);

/// Clips (or stills: frames = 1) with all that was drawn for them; latents in the U-Net's units.
struct DenoiserBatch {
  at::Tensor latents;                     ///< [n, frames, 4, h, w]
  at::Tensor noise;                       ///< the same shape, shifts included
  at::Tensor timesteps;                   ///< int64 [n], on the CPU whatever the device of the others
  at::Tensor affinity;                    ///< [n, frames]; undefined for stills
  at::Tensor picture;                     ///< the condition's latent [n, 4, h, w]; undefined for stills
  std::int64_t terminal_timestep = 1000;  ///< from here on the network sees noise alone
};

/// The shares at a batch's timesteps, [n, 1, 1, 1, 1] on its device.
at::Tensor signal_shares_of(const DenoiserBatch& batch);

/// Latents with their noise at their timesteps, [n, frames, 4, h, w].
at::Tensor noised(const DenoiserBatch& batch);

/// What the network should answer: the noise; where it sees noise alone, what makes the latents of it.
at::Tensor wanted_answer(const DenoiserBatch& batch);

/// The network's answer to what it is shown, [n, frames, 4, h, w], at the batch's timesteps, with its
/// affinity and picture. text: [n, tokens, width].
at::Tensor answer_to(const Unet& net, const at::Tensor& shown, const DenoiserBatch& batch,
                     const at::Tensor& text, const ReferenceChoices& choices);

/// The same to the noised latents: the noise that it sees.
at::Tensor predicted_noise(const Unet& net, const DenoiserBatch& batch, const at::Tensor& text,
                           const ReferenceChoices& choices);

/// Each example's mean squared error of the predicted noise, [n].
at::Tensor denoiser_errors(const Unet& net, const DenoiserBatch& batch, const at::Tensor& text,
                           const ReferenceChoices& choices);

/// How badly the text encoder remembers what was said: the cross entropy between a caption's words, all
/// alike, and what the state at its end says of `words` (int64, all tokens that captions are made of) by the
/// token embeddings. text: [n, tokens, width], encoded from ids [n, tokens]. The empty prompt counts 0.
at::Tensor caption_loss(const at::Tensor& text, const at::Tensor& ids, const at::Tensor& token_embedding,
                        const at::Tensor& words);

/// Has the motion modules take the frames for those in these places.
void place_frames(Unet& net, const std::vector<std::int64_t>& places);

}  // namespace pia::renderer
