// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/model.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "jobs/core/conversion.hpp"
#include "jobs/core/error.hpp"
#include "renderer/weights/component.hpp"
#include "renderer/weights/layout.hpp"
#include "renderer/weights/match.hpp"
#include "renderer/weights/motion_file.hpp"

namespace pia::renderer {
namespace {

constexpr std::array<const char*, 3> kComponents = {"unet", "vae", "text_encoder"};

template <class Config>
struct Kind {
  Config (*parse)(std::string_view json, const std::string& file);
  std::vector<ExpectedTensor> (*layout)(const Config& config);
  Meaning (*rename)(const std::string& name);
};
constexpr Kind<UnetConfig> kUnet = {parse_unet_config, unet_layout, canonical_name};
constexpr Kind<VaeConfig> kVae = {parse_vae_config, vae_layout, canonical_vae_name};
constexpr Kind<ClipTextConfig> kText = {parse_clip_text_config, clip_text_layout, canonical_name};

template <class Config>
Part<Config> open_part(const Kind<Config>& kind, const std::string& folder, Problems& problems) {
  const ComponentFiles found = find_component(folder);
  const std::string config = folder + "/config.json";
  Part<Config> part{
      .config = kind.parse(read_text(config), config), .component = {}, .files = open_shards(found)};
  part.component = collect(folder, part.files, kind.rename, problems);
  if constexpr (std::is_same_v<Config, VaeConfig>) squeeze_vae_attention(part.component.tensors);
  check_layout(part.component, kind.layout(part.config), problems);
  return part;
}

/// A model's components as far as they are there.
struct Parts {
  std::optional<Part<UnetConfig>> unet;
  std::optional<Part<VaeConfig>> vae;
  std::optional<Part<ClipTextConfig>> text;
  std::optional<Part<MotionConfig>> motion;
};

/// Empty folders stand for components that are not wanted.
Parts open_parts(const std::array<std::string, kComponents.size()>& folders, Problems& problems) {
  Parts parts;
  if (!folders[0].empty()) parts.unet = open_part(kUnet, folders[0], problems);
  if (!folders[1].empty()) parts.vae = open_part(kVae, folders[1], problems);
  if (!folders[2].empty()) parts.text = open_part(kText, folders[2], problems);
  return parts;
}

void must_equal(std::vector<std::string>& misfits, const std::string& left, const std::string& right,
                std::pair<std::string, std::string> values) {
  if (values.first != values.second) {
    misfits.push_back(left + " is " + values.first + " but " + right + " is " + values.second);
  }
}

void check_motion_fit(const UnetConfig& unet, const MotionConfig& motion, std::vector<std::string>& misfits) {
  must_equal(misfits, "the motion model's block_out_channels", "the U-Net's",
             {shape_text(motion.block_out_channels), shape_text(unet.block_out_channels)});
  must_equal(misfits, "the motion model's layers per block", "the U-Net's",
             {shape_text(motion.layers_per_block), shape_text(unet.layers_per_block)});
  must_equal(misfits, "the motion model's number of norm groups", "the U-Net's",
             {std::to_string(motion.norm_num_groups), std::to_string(unet.norm_num_groups)});
  if (motion.conv_in_channels == 0) {
    misfits.emplace_back(
        "the motion model has no conv_in: it is AnimateDiff's, without PIA's condition module");
  } else {
    must_equal(misfits, "the motion model's conv_in_channels", "what PIA needs for this U-Net",
               {std::to_string(motion.conv_in_channels), std::to_string(2 * unet.in_channels + 1)});
  }
  if (motion.use_motion_mid_block && !unet.mid_block) {
    misfits.emplace_back("the motion model has a middle block but the U-Net has none");
  }
}

std::vector<std::string> misfits_of(const Parts& parts) {
  std::vector<std::string> misfits;
  if (parts.unet) {
    const UnetConfig& unet = parts.unet->config;
    if (parts.text) {
      must_equal(misfits, "the U-Net's cross_attention_dim", "the text encoder's hidden_size",
                 {std::to_string(unet.cross_attention_dim), std::to_string(parts.text->config.hidden_size)});
    }
    if (parts.motion) check_motion_fit(unet, parts.motion->config, misfits);
  }
  return misfits;
}

void check_fit(const Parts& parts, const std::string& what) {
  const std::vector<std::string> misfits = misfits_of(parts);
  if (misfits.empty()) return;
  std::string all;
  for (const std::string& misfit : misfits) all += (all.empty() ? "" : "; ") + misfit;
  throw jobs::WeightError("The parts of " + what + " do not fit each other: " + all +
                          "; choose parts that were made for each other");
}

void refuse_file(const std::string& path) {
  if (path_kind(path) == PathKind::file) {
    throw jobs::WeightError(
        path + " is a single-file checkpoint, which is not read; make a folder of it and name that: " +
        jobs::command_for_folder(path));
  }
}

/// The component's folder in `model`, empty if it is not there.
std::string component_folder(const std::string& model, const char* component) {
  std::string folder = model + "/" + component;
  return path_kind(folder) == PathKind::folder ? folder : std::string();
}

std::array<std::string, kComponents.size()> locate(const ModelPaths& paths) {
  std::array<std::string, kComponents.size()> folders;
  std::string missing;
  for (const std::string& path : {paths.model, paths.base}) {
    if (path.empty()) continue;
    if (path_kind(path) == PathKind::none) throw jobs::WeightError(path + " is not there; check the path");
    refuse_file(path);
    for (std::size_t i = 0; i < kComponents.size(); ++i) {
      if (folders[i].empty()) folders[i] = component_folder(path, kComponents[i]);
    }
  }
  for (std::size_t i = 0; i < kComponents.size(); ++i) {
    if (folders[i].empty()) missing += (missing.empty() ? "" : ", ") + std::string(kComponents[i]) + "/";
  }
  if (missing.empty()) return folders;
  const std::string base = paths.base.empty() ? "" : ", and so does its base " + paths.base;
  throw jobs::WeightError(paths.model + " lacks " + missing + base + "; name a base model that has it");
}

template <class Config>
void move_part(Part<Config>& part, TensorMap& tensors, ModelWeights& weights) {
  tensors = std::move(part.component.tensors);
  for (std::string& name : part.component.ignored) weights.ignored.push_back(std::move(name));
  for (SafetensorsFile& file : part.files) weights.files.push_back(std::move(file));
}

void add_changes(LowRanks&& changes, double weight, LowRanks& all) {
  if (weight == 0) return;
  for (auto& [key, layers] : changes) {
    for (LowRank& layer : layers) {
      layer.scale *= weight;
      all[key].push_back(std::move(layer));
    }
  }
}

void lay_on(const LoraPath& lora, const LoraTarget& target, ModelWeights& weights) {
  LoraFile opened = open_lora(lora.path, target);
  add_changes(std::move(opened.layers.unet), lora.weight, weights.unet_loras);
  add_changes(std::move(opened.layers.text_encoder), lora.weight_te, weights.text_loras);
  weights.files.push_back(std::move(opened.file));
}

LoraTarget target_of(const UnetConfig& unet, const ClipTextConfig& text) {
  return {.unet = unet_layout(unet), .text_encoder = clip_text_layout(text)};
}

template <class Config>
Config config_in(const Kind<Config>& kind, const std::string& folder) {
  const std::string file = folder + "/config.json";
  return kind.parse(read_text(file), file);
}

template <class Config>
void add_ignored(const std::optional<Part<Config>>& part, std::vector<std::string>& keys) {
  if (!part) return;
  for (const std::string& name : part->component.ignored) {
    if (!is_worked_out(name)) keys.push_back(name.substr(name.rfind(": ") + 2));
  }
}

/// What a path is, for those who only look at it.
struct Place {
  std::array<std::string, kComponents.size()> folders;
  bool motion = false;
};

Place look(const std::string& path) {
  const PathKind kind = path_kind(path);
  if (kind == PathKind::none) throw jobs::WeightError(path + " is not there; check the path");
  if (kind == PathKind::file) return {.folders = {}, .motion = true};
  Place place;
  bool any = false;
  for (std::size_t i = 0; i < kComponents.size(); ++i) {
    place.folders[i] = component_folder(path, kComponents[i]);
    any |= !place.folders[i].empty();
  }
  place.motion = !any && path_kind(path + "/config.json") == PathKind::file;
  if (any || place.motion) return place;
  throw jobs::WeightError(path + " holds no unet/, vae/ or text_encoder/ of a model, nor a motion model's " +
                          "config.json; check the path");
}

}  // namespace

ModelWeights open_model(const ModelPaths& paths) {
  Problems problems;
  Parts parts = open_parts(locate(paths), problems);
  parts.motion = open_motion(paths.motion, problems);
  check_fit(parts, paths.model + " and " + paths.motion);
  problems.finish(paths.model + " with " + paths.motion);
  ModelWeights weights;
  weights.unet_config = parts.unet->config;
  weights.vae_config = parts.vae->config;
  weights.text_config = parts.text->config;
  weights.motion_config = parts.motion->config;
  move_part(*parts.unet, weights.unet, weights);
  move_part(*parts.vae, weights.vae, weights);
  move_part(*parts.text, weights.text_encoder, weights);
  move_part(*parts.motion, weights.motion, weights);
  for (const LoraPath& lora : paths.loras) {
    lay_on(lora, target_of(weights.unet_config, weights.text_config), weights);
  }
  return weights;
}

void require_lora(const std::string& lora, const std::string& model, const std::string& base) {
  const auto folder = [&](const char* component) {
    std::string found = component_folder(model, component);
    if (found.empty()) found = component_folder(base, component);
    if (!found.empty()) return found;
    throw jobs::WeightError(model + " lacks " + component + "/; name a base model that has it");
  };
  open_lora(lora, target_of(config_in(kUnet, folder("unet")), config_in(kText, folder("text_encoder"))));
}

std::vector<std::string> model_files(const std::string& path) {
  const Place place = look(path);
  if (path_kind(path) == PathKind::file) return {path.substr(path.rfind('/') + 1)};
  if (place.motion) return find_component(path).names();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kComponents.size(); ++i) {
    if (place.folders[i].empty()) continue;
    for (const std::string& name : find_component(place.folders[i]).names()) {
      names.push_back(std::string(kComponents[i]) + "/" + name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Inspection inspect(const std::string& path) {
  const Place place = look(path);
  Problems problems;
  Parts parts = open_parts(place.folders, problems);
  if (place.motion) parts.motion = open_motion(path, problems);
  check_fit(parts, path);
  problems.finish(path);
  Inspection facts{.has_unet = parts.unet.has_value(),
                   .has_vae = parts.vae.has_value(),
                   .has_text_encoder = parts.text.has_value()};
  if (parts.vae) facts.vae_factor = parts.vae->config.factor();
  if (parts.text) facts.text_layers = static_cast<int>(parts.text->config.num_hidden_layers);
  if (parts.motion) {
    facts.has_motion = parts.motion->config.conv_in_channels > 0;
    facts.motion_frames = static_cast<int>(parts.motion->config.max_seq_length);
  }
  add_ignored(parts.unet, facts.ignored);
  add_ignored(parts.vae, facts.ignored);
  add_ignored(parts.text, facts.ignored);
  add_ignored(parts.motion, facts.ignored);
  return facts;
}

}  // namespace pia::renderer
