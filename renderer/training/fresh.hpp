// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "renderer/nn/tensors.hpp"
#include "renderer/weights/config.hpp"
#include "renderer/weights/layout.hpp"

namespace pia::renderer {

/// Values to start from, by the seed and each tensor's name: weights and biases uniform within
/// 1 / sqrt(fan in), norms 1 and 0, embeddings normal (0.02; places 0.01). Of motion modules proj_out is 0,
/// and so is conv_in: they begin by changing nothing.
LiveTensors drawn_tensors(const std::string& component, const std::vector<ExpectedTensor>& layout,
                          std::uint64_t seed);

/// Changes a drawn VAE so that its latents' first channels are the picture, made small by means, and its
/// decoder shows them. A colour x is carried as (x, -x, 3, -3) in the first four channels of a norm's group,
/// which keeps the group's deviation nearly the same whatever x is; second convolutions and attention begin
/// at 0. Throws jobs::WeightError if a group has fewer than four channels, or a level fewer than four groups.
void pass_through(LiveTensors& vae, const VaeConfig& config);

/// Changes a drawn U-Net so that its answer is its input: each latent is carried as (x, -x, 4, -4) in a group
/// of its own of the last norm, by way of the last skip; the rest of conv_out at 0.03. The constants keep
/// the norm's gain the same whatever noise is drawn. Throws jobs::WeightError for groups that are too small
/// or few.
void pass_through(LiveTensors& unet, const UnetConfig& config);

/// Changes drawn motion modules to be trained together with a U-Net that passes through: proj_out at a third,
/// but for the last block's, which would disturb what is passed.
void stir(LiveTensors& motion, const MotionConfig& config, std::uint64_t seed);

/// Rows of tokens that never occur become 0: they never learn anything, and should then do nothing.
void keep_rows(at::Tensor& token_embedding, const std::set<std::int64_t>& ids);

}  // namespace pia::renderer
