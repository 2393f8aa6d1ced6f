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

/// Changes a drawn VAE so that its latents' first three channels are the picture, made small by means, and
/// its decoder shows them; the fourth, where there is one, is by how much the right half of each latent's
/// pixels is brighter than the left, which tells an edge's place. A value x is carried as (x, -x, c, -c) in
/// the first four channels of a norm's group; the constants (8; 3 in the decoder, which has to learn to see x
/// beside them) keep the group's deviation nearly the same whatever x is. Second convolutions and attention
/// begin at 0. Throws jobs::WeightError if a group has fewer than four channels, or a level fewer than four
/// groups.
void pass_through(LiveTensors& vae, const VaeConfig& config);

/// Changes a drawn U-Net so that its answer is its input: each latent is carried as (x, -x, 32, -32) in a
/// group of its own of the last norm, by way of the last skip; of the other groups conv_out takes 0.03 as
/// much. The constants, which the layers before do not see, keep the norm's gain the same whatever noise is
/// drawn and whatever picture is the condition: at the first timestep of sampling 1 % of gain is 0.2 in the
/// latents. Throws jobs::WeightError for groups that are too small or few.
void pass_through(LiveTensors& unet, const UnetConfig& config);

/// Changes what passes through, and drawn motion modules' conv_in, so that the answer to pure noise shows the
/// condition: (z - alpha picture) / sigma, which is z - 0.05 picture where sampling begins. The condition is
/// carried as the latents are, in the next two channels of their groups; with groups of fewer than six
/// nothing is done.
void pass_condition(LiveTensors& unet, LiveTensors& motion, const UnetConfig& config);

/// Changes drawn motion modules to be trained together with a U-Net that passes through: conv_in sees
/// affinity and picture, and proj_out is at a third, but for the last block's, which would disturb what is
/// passed.
void stir(LiveTensors& motion, const MotionConfig& config, std::uint64_t seed);

/// Rows of tokens that never occur become 0: they never learn anything, and should then do nothing.
void keep_rows(at::Tensor& token_embedding, const std::set<std::int64_t>& ids);

}  // namespace pia::renderer
