// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "renderer/training/components.hpp"
#include "renderer/training/parameters.hpp"

namespace pia::renderer {

/// What is written, and how.
struct Export {
  const Components& components;  ///< configs and layouts
  const Parameters& parameters;
  jobs::Dtype dtype = jobs::Dtype::fp32;
  jobs::MotionNames motion_names = jobs::MotionNames::diffusers;
};

/// A component as it is written: the motion part's conv_in completed by the U-Net's channels and bias. fp32,
/// row-major.
LiveTensors finished_tensors(const Export& what, const std::string& component);

/// Each component in `finished` into `folder`, a motion part in official names as pia.safetensors there (made
/// whole or not at all; what was there is replaced). Throws jobs::StorageError.
void write_components(const Export& what, const std::map<std::string, LiveTensors>& finished,
                      const std::string& folder);

/// lora.safetensors in kohya's names (lora_unet_…): lora_down, lora_up, alpha.
void write_lora(const Export& what, const std::string& folder);

}  // namespace pia::renderer
