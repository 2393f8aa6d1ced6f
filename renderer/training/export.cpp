// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/export.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>
#include <vector>

#include "jobs/core/error.hpp"
#include "renderer/nn/motion_module.hpp"
#include "renderer/weights/folder_writer.hpp"
#include "renderer/weights/motion_file.hpp"
#include "renderer/weights/rule_model.hpp"
#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {
namespace {

namespace fs = std::filesystem;

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

WeightType weight_type(jobs::Dtype dtype) {
  switch (dtype) {
    case jobs::Dtype::fp16:
      return WeightType::fp16;
    case jobs::Dtype::bf16:
      return WeightType::bf16;
    case jobs::Dtype::fp32:
      break;
  }
  return WeightType::fp32;
}

std::vector<std::byte> file_bytes(const std::vector<NamedTensor>& tensors, WeightType type) {
  std::vector<std::vector<std::byte>> data;
  std::vector<TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor plain = tensor.cpu().contiguous();
    data.push_back(
        weight_bytes({plain.const_data_ptr<float>(), static_cast<std::size_t>(plain.numel())}, type));
    views.push_back({.name = name, .type = type, .shape = plain.sizes().vec(), .bytes = data.back()});
  }
  return safetensors_bytes(views, {{"format", "pt"}});
}

std::string list_text(const std::vector<std::int64_t>& numbers) {
  std::string text = "[";
  for (const std::int64_t number : numbers) text += (text.size() > 1 ? ", " : "") + std::to_string(number);
  return text + "]";
}

// For a motion part that came as one file.
std::string motion_config_text(const MotionConfig& config) {
  return "{\n  \"_class_name\": \"MotionAdapter\",\n  \"_diffusers_version\": \"0.33.1\",\n"
         "  \"block_out_channels\": " +
         list_text(config.block_out_channels) +
         ",\n  \"conv_in_channels\": " + std::to_string(config.conv_in_channels) +
         ",\n  \"motion_layers_per_block\": " + list_text(config.layers_per_block) +
         ",\n  \"motion_max_seq_length\": " + std::to_string(config.max_seq_length) +
         ",\n  \"motion_norm_num_groups\": " + std::to_string(config.norm_num_groups) +
         ",\n  \"motion_num_attention_heads\": " + list_text(config.heads) +
         ",\n  \"use_motion_mid_block\": " + (config.use_motion_mid_block ? "true" : "false") + "\n}\n";
}

std::string config_text(const Export& what, const std::string& component) {
  const auto found = what.components.config_texts.find(component);
  return found != what.components.config_texts.end() ? found->second
                                                     : motion_config_text(*what.components.motion_config);
}

// Its parent exists afterwards; no slash at the end.
std::string target_of(const std::string& folder) {
  fs::path target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (error) disk_failed("make", target.parent_path().string(), error.value());
  return target.string();
}

void write_component(const Export& what, const std::string& component, const LiveTensors& tensors,
                     const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) disk_failed("make", folder, error.value());
  std::vector<NamedTensor> named;
  for (const ExpectedTensor& expected : what.components.layouts.at(component)) {
    named.push_back({expected.name, tensors.at(expected.name)});
  }
  const char* file =
      component == "text_encoder" ? "/model.safetensors" : "/diffusion_pytorch_model.safetensors";
  write_text(folder + "/config.json", config_text(what, component));
  write_file(folder + file, file_bytes(named, weight_type(what.dtype)));
  sync_folder(folder);
}

// As open-mmlab's PIA has it, whose modules keep their position tables, too.
void write_official_motion(const Export& what, const LiveTensors& tensors, const std::string& folder) {
  const MotionConfig& config = *what.components.motion_config;
  std::vector<NamedTensor> named;
  for (const ExpectedTensor& expected : what.components.layouts.at("motion")) {
    const std::string name = official_motion_name(expected.name);
    const at::Tensor& tensor = tensors.at(expected.name);
    named.push_back({name, tensor});
    const std::string table = official_table_name(name);
    if (!table.empty())
      named.push_back({table, position_table(config.max_seq_length, tensor.size(1)).unsqueeze(0)});
  }
  write_file(folder + "/pia.safetensors", file_bytes(named, weight_type(what.dtype)));
}

void publish(FolderAside& aside, const std::string& target) {
  sync_folder(aside.path());
  replace_folder(aside, target);
  sync_folder(fs::path(target).parent_path().string());
}

}  // namespace

LiveTensors finished_tensors(const Export& what, const std::string& component) {
  LiveTensors tensors = what.parameters.tensors.at(component);
  for (auto& [key, tensor] : tensors) tensor = tensor.detach().contiguous();
  if (component != "motion" || !tensors.contains("conv_in.weight")) return tensors;
  const LiveTensors unet = finished_tensors(what, "unet");
  const at::Tensor& own = unet.at("conv_in.weight");
  const at::Tensor& pia = tensors.at("conv_in.weight");
  tensors["conv_in.weight"] = at::cat({own, pia.narrow(1, own.size(1), pia.size(1) - own.size(1))}, 1);
  tensors["conv_in.bias"] = unet.at("conv_in.bias");
  return tensors;
}

void write_components(const Export& what, const std::map<std::string, LiveTensors>& finished,
                      const std::string& folder) {
  const std::string target = target_of(folder);
  FolderAside aside(target + ".writing-");
  for (const auto& [component, tensors] : finished) {
    if (component == "motion" && what.motion_names == jobs::MotionNames::official) {
      write_official_motion(what, tensors, aside.path());
    } else {
      write_component(what, component, tensors, aside.path() + "/" + component);
    }
  }
  publish(aside, target);
}

void write_lora(const Export& what, const std::string& folder) {
  std::vector<NamedTensor> named;
  for (const Slice& slice : what.parameters.slices) {
    const std::size_t end = slice.key.find(".lora_");
    std::string layer = "lora_" + slice.component + "_" + slice.key.substr(0, end);
    std::ranges::replace(layer, '.', '_');
    const bool down = slice.key.ends_with(".lora_down.weight");
    named.push_back({layer + slice.key.substr(end), part_of(what.parameters.values, slice)});
    if (down)
      named.push_back({layer + ".alpha", at::full({}, static_cast<double>(slice.shape[0]), at::kFloat)});
  }
  const std::string target = target_of(folder);
  FolderAside aside(target + ".writing-");
  write_file(aside.path() + "/lora.safetensors", file_bytes(named, weight_type(what.dtype)));
  publish(aside, target);
}

}  // namespace pia::renderer
