// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "jobs/core/training.hpp"
#include "renderer/nn/tensors.hpp"
#include "renderer/weights/config.hpp"
#include "renderer/weights/layout.hpp"

namespace pia::renderer {

/// The parts of a model that a training reads: by component ("unet", "vae", "text_encoder", "motion"), then
/// by canonical key; fp32 on the CPU, convolutions with channels last in memory.
struct Components {
  std::optional<UnetConfig> unet_config;
  std::optional<VaeConfig> vae_config;
  std::optional<ClipTextConfig> text_config;
  std::optional<MotionConfig> motion_config;
  std::map<std::string, LiveTensors> tensors;
  std::map<std::string, std::vector<ExpectedTensor>> layouts;
  std::map<std::string, std::string> config_texts;  ///< config.json as it was
  std::set<std::string> fresh;                      ///< started from drawn values
};

/// Opens what the training needs: the VAE alone, or all but the motion modules (frames = 1), or all. Throws
/// jobs::WeightError: files that open_model would refuse, or none where training.start = weights.
Components open_components(const jobs::Training& training);

/// In the memory order that training computes with.
at::Tensor laid_out(const at::Tensor& tensor);

}  // namespace pia::renderer
