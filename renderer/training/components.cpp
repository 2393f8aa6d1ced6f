// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/components.hpp"

#include "jobs/core/error.hpp"
#include "renderer/nn/layers.hpp"
#include "renderer/training/fresh.hpp"
#include "renderer/weights/component.hpp"
#include "renderer/weights/match.hpp"
#include "renderer/weights/motion_file.hpp"

namespace pia::renderer {
namespace {

// The folder of one of a model's components, in `model` or else in `base`.
std::string folder_of(const jobs::Training& training, const std::string& component) {
  for (const std::string& path : {training.model, training.base}) {
    const std::string folder = path + "/" + component;
    if (!path.empty() && path_kind(folder) == PathKind::folder) return folder;
  }
  throw jobs::WeightError("neither " + training.model + " nor its base has " + component +
                          "/; name a model or a base that has it");
}

bool has_weights(const std::string& folder) {
  for (const char* name : {"/diffusion_pytorch_model", "/model"}) {
    for (const char* end : {".safetensors", ".fp16.safetensors", ".safetensors.index.json"}) {
      if (path_kind(folder + name + end) != PathKind::none) return true;
    }
  }
  return false;
}

void copy_tensors(const TensorMap& from, LiveTensors& to) {
  for (const auto& [key, view] : from) to[key] = laid_out(tensor_of(view, {}));
}

// A component whose layout is known: its weights, or drawn ones.
void fill(Components& components, const std::string& name, const std::string& folder,
          const jobs::Training& training) {
  const std::vector<ExpectedTensor>& layout = components.layouts[name];
  if (!has_weights(folder) && training.start != jobs::Start::weights) {
    components.fresh.insert(name);
    components.tensors[name] = drawn_tensors(name, layout, training.seed);
    return;
  }
  Problems problems;
  const std::vector<SafetensorsFile> files = open_shards(find_component(folder));
  Component found = collect(folder, files, name == "vae" ? canonical_vae_name : canonical_name, problems);
  if (name == "vae") squeeze_vae_attention(found.tensors);
  check_layout(found, layout, problems);
  problems.finish(folder);
  copy_tensors(found.tensors, components.tensors[name]);
}

template <class Config>
void open_component(Components& components, const jobs::Training& training, const std::string& name,
                    Config (*parse)(std::string_view, const std::string&),
                    std::vector<ExpectedTensor> (*layout)(const Config&), std::optional<Config>& config) {
  const std::string folder = folder_of(training, name);
  const std::string file = folder + "/config.json";
  components.config_texts[name] = read_text(file);
  config = parse(components.config_texts[name], file);
  components.layouts[name] = layout(*config);
  fill(components, name, folder, training);
}

void open_motion_part(Components& components, const jobs::Training& training) {
  const bool is_folder = path_kind(training.motion) == PathKind::folder;
  if (is_folder && !has_weights(training.motion)) {
    const std::string file = training.motion + "/config.json";
    components.config_texts["motion"] = read_text(file);
    components.motion_config = parse_motion_config(components.config_texts["motion"], file);
    components.layouts["motion"] = motion_layout(*components.motion_config);
    fill(components, "motion", training.motion, training);
    return;
  }
  Problems problems;
  Part<MotionConfig> part = open_motion(training.motion, problems);
  problems.finish(training.motion);
  components.motion_config = part.config;
  components.layouts["motion"] = motion_layout(part.config);
  if (is_folder) components.config_texts["motion"] = read_text(training.motion + "/config.json");
  copy_tensors(part.component.tensors, components.tensors["motion"]);
}

void check_fit(const Components& parts, const jobs::Training& training) {
  const UnetConfig& unet = *parts.unet_config;
  const bool fits = unet.in_channels == parts.vae_config->latent_channels &&
                    unet.out_channels == unet.in_channels &&
                    unet.cross_attention_dim == parts.text_config->hidden_size;
  if (!fits) {
    throw jobs::WeightError("the U-Net, VAE and text encoder of " + training.model +
                            " were not made for each other; check their config.json files");
  }
  if (!parts.motion_config) return;
  const MotionConfig& motion = *parts.motion_config;
  const bool moves =
      motion.block_out_channels == unet.block_out_channels &&
      motion.layers_per_block == unet.layers_per_block && motion.norm_num_groups == unet.norm_num_groups &&
      motion.conv_in_channels == 2 * unet.in_channels + 1 && (unet.mid_block || !motion.use_motion_mid_block);
  if (!moves) {
    throw jobs::WeightError(training.motion + " does not fit the U-Net of " + training.model +
                            ": channels, layers, groups and the nine channels of conv_in must");
  }
  if (training.denoiser.frames > motion.max_seq_length) {
    throw jobs::InputError("frames = " + std::to_string(training.denoiser.frames) + " is more than the " +
                           std::to_string(motion.max_seq_length) + " that " + training.motion +
                           " has places for");
  }
}

}  // namespace

at::Tensor laid_out(const at::Tensor& tensor) {
  return tensor.dim() == 4 ? channels_last(tensor) : tensor.contiguous();
}

Components open_components(const jobs::Training& training) {
  Components parts;
  open_component(parts, training, "vae", parse_vae_config, vae_layout, parts.vae_config);
  if (training.network == jobs::TrainedNetwork::vae) {
    if (parts.fresh.contains("vae") && training.start == jobs::Start::pass_through) {
      pass_through(parts.tensors["vae"], *parts.vae_config);
    }
    return parts;
  }
  if (parts.fresh.contains("vae")) {
    throw jobs::WeightError(training.model + "/vae has no weights; train a VAE first, then name it");
  }
  open_component(parts, training, "unet", parse_unet_config, unet_layout, parts.unet_config);
  open_component(parts, training, "text_encoder", parse_clip_text_config, clip_text_layout,
                 parts.text_config);
  if (training.denoiser.frames > 1) open_motion_part(parts, training);
  check_fit(parts, training);
  if (parts.fresh.contains("unet") && training.start == jobs::Start::pass_through) {
    pass_through(parts.tensors["unet"], *parts.unet_config);
    if (parts.fresh.contains("motion")) {
      stir(parts.tensors["motion"], *parts.motion_config, training.seed);
      pass_condition(parts.tensors["unet"], parts.tensors["motion"], *parts.unet_config);
    }
  }
  return parts;
}

}  // namespace pia::renderer
