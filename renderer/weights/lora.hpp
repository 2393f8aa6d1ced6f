// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "renderer/weights/layout.hpp"
#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {

/// What a LoRA adds to one weight W [out, in, ...]: scale * up · down, as matrices [out, rank] · [rank, in *
/// ...] (LoRA paper, section 4.1; of convolutions as in kohya's sd-scripts, networks/lora.py).
struct LowRank {
  TensorView down;  ///< [rank, in], of a convolution [rank, in, height, width]
  TensorView up;    ///< [out, rank], of a convolution [out, rank, 1, 1]
  double scale =
      1;  ///< alpha / rank, times the weight that a shot gives it; alpha is the rank where the file has none
};

/// By key of the component's layout; of several LoRAs in the order in which they are laid on.
using LowRanks = std::map<std::string, std::vector<LowRank>, std::less<>>;

/// The weights that a LoRA may change.
struct LoraTarget {
  std::vector<ExpectedTensor> unet;
  std::vector<ExpectedTensor> text_encoder;
};

struct LoraLayers {
  LowRanks unet;
  LowRanks text_encoder;
};

/// Mapped: the views live as long as the object. Move-only.
struct LoraFile {
  SafetensorsFile file;
  LoraLayers layers;
};

/// Sorts the tensors of a LoRA in kohya's names (lora_unet_…, lora_te_….lora_down.weight, .lora_up.weight,
/// .alpha) or diffusers' (unet.…, text_encoder.….lora_A.weight, .lora.down.weight,
/// .lora_linear_layer.down.weight; older: .processor.to_q_lora.down.weight). Strict: every tensor belongs to
/// a layer of the target and fits its shape, every scale is at most a million. Throws jobs::WeightError that
/// names `path`, the first faults, how many more there are, and what to do.
LoraLayers lora_layers(std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata, const std::string& path,
                       const LoraTarget& target);

/// The same of a .safetensors file.
LoraFile open_lora(const std::string& path, const LoraTarget& target);

}  // namespace pia::renderer
