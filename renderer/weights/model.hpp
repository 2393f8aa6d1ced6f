// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "renderer/weights/config.hpp"
#include "renderer/weights/lora.hpp"
#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {

/// A LoRA file, and how strongly it acts on the U-Net and on the text encoder; 0: not at all.
struct LoraPath {
  std::string path;
  double weight = 1;
  double weight_te = 1;
};

/// Where the weights of a shot are. Absolute paths, or relative to the current directory.
struct ModelPaths {
  std::string model;  ///< diffusers folder with some of unet/, vae/, text_encoder/
  std::string base;   ///< the same; supplies the components that `model` lacks; may be empty
  std::string
      motion;  ///< diffusers MotionAdapter folder with conv_in, or a .safetensors in PIA's own key names
  std::vector<LoraPath> loras = {};  ///< in the order in which they are laid on
};

/// A component's tensors by canonical (diffusers) key; exactly those of its layout, of the layout's shapes,
/// and of type fp32, fp16 or bf16.
using TensorMap = std::map<std::string, TensorView, std::less<>>;

/// All weights of a PIA model, as mapped bytes: nothing is copied or converted. Every tensor of the files is
/// in one of the maps or in `ignored`. Move-only; the maps' views live as long as the object.
///
/// PIA's first convolution is made of two tensors: input channels 0..in_channels-1 and the bias always come
/// from unet["conv_in.weight"] and unet["conv_in.bias"]; the others (affinity, then the image's latent) from
/// motion["conv_in.weight"], which has all 2 * in_channels + 1. motion["conv_in.bias"] is not used.
struct ModelWeights {
  UnetConfig unet_config;
  VaeConfig vae_config;
  ClipTextConfig text_config;
  MotionConfig motion_config;
  TensorMap unet;
  TensorMap vae;
  TensorMap text_encoder;
  TensorMap motion;
  LowRanks
      unet_loras;  ///< what is added to the weights above when they are read; scaled by the LoRAs' weights
  LowRanks text_loras;
  std::vector<std::string> ignored;    ///< "file: key" of tensors that the renderer has no use for
  std::vector<SafetensorsFile> files;  ///< keeps the mappings
};

/// Opens and checks everything: configs fit each other, and each component's tensors are exactly its
/// layout's. A folder's weights are (diffusion_pytorch_)model.safetensors, else its .fp16 variant, sharded
/// (with .index.json) or not. Older spellings are understood: a VAE's query/key/value/proj_attn, also as 1x1
/// convolutions. A motion file in official names has its MotionConfig read off its tensors' shapes (heads 8,
/// groups 32); `module.` prefixes are dropped, and spatial weights of a train.py-style file are ignored: the
/// model's own win. Throws jobs::WeightError; missing, mis-shaped, mis-typed and unknown tensors are all in
/// one sentence, with the expected and the found shape.
ModelWeights open_model(const ModelPaths& paths);

/// Throws jobs::WeightError unless `lora` can be laid on a model, whose `base` (it may be empty) supplies
/// what it lacks. Looks at configs and headers only.
void require_lora(const std::string& lora, const std::string& model, const std::string& base);

/// Names, relative to `path` and sorted, of the files that open_model reads in a model or motion folder,
/// configs included; for a file its own name. Throws jobs::WeightError.
std::vector<std::string> model_files(const std::string& path);

/// Cheap facts (configs and headers, no weights) of a model or motion path.
struct Inspection {
  bool has_unet = false;
  bool has_vae = false;
  bool has_text_encoder = false;
  bool has_motion = false;                ///< motion modules and PIA's conv_in
  int vae_factor = 0;                     ///< pixels a latent; 0 without a VAE
  int motion_frames = 0;                  ///< frames at most; 0 without motion modules
  int text_layers = 0;                    ///< of the text encoder; 0 without one
  std::vector<std::string> ignored = {};  ///< keys of tensors that it has no use for, but what is worked out
};

/// Checks every component that is there as strictly as open_model does. Throws jobs::WeightError.
Inspection inspect(const std::string& path);

}  // namespace pia::renderer
