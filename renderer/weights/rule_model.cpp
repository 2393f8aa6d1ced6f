// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/rule_model.hpp"

#include <fcntl.h>

#include <filesystem>
#include <system_error>

#include "jobs/core/error.hpp"
#include "renderer/weights/component.hpp"
#include "renderer/weights/folder_writer.hpp"
#include "renderer/weights/layout.hpp"

namespace pia::renderer {
namespace {

namespace fs = std::filesystem;

struct RulePart {
  std::string folder;     ///< under the model: "model/unet"
  std::string component;  ///< first part of the rule's names
  std::string weights;    ///< the file's name
  std::string config;     ///< the text of config.json
  std::vector<ExpectedTensor> layout;
};

std::vector<RulePart> read_parts(const std::string& configs) {
  const std::string usual = "diffusion_pytorch_model.safetensors";
  std::vector<RulePart> parts = {{"model/unet", "unet", usual, "", {}},
                                 {"model/vae", "vae", usual, "", {}},
                                 {"model/text_encoder", "text_encoder", "model.safetensors", "", {}},
                                 {"motion", "motion", usual, "", {}}};
  const auto path = [&](const RulePart& part) { return configs + "/" + part.folder + "/config.json"; };
  for (RulePart& part : parts) part.config = read_text(path(part));
  parts[0].layout = unet_layout(parse_unet_config(parts[0].config, path(parts[0])));
  parts[1].layout = vae_layout(parse_vae_config(parts[1].config, path(parts[1])));
  parts[2].layout = clip_text_layout(parse_clip_text_config(parts[2].config, path(parts[2])));
  parts[3].layout = motion_layout(parse_motion_config(parts[3].config, path(parts[3])));
  return parts;
}

void write_weights(const std::string& path, const RulePart& part, WeightType type) {
  std::vector<TensorView> views;
  for (const ExpectedTensor& tensor : part.layout) views.push_back({tensor.name, type, tensor.shape, {}});
  const WrittenFile file(path, O_WRONLY | O_CREAT | O_EXCL);
  file.write_all(safetensors_header(views, {{"format", "pt"}}));
  for (const ExpectedTensor& tensor : part.layout) {
    file.write_all(weight_bytes(rule_values(part.component + "/" + tensor.name, tensor.shape), type));
  }
  file.sync();
}

void write_parts(const std::string& folder, const std::vector<RulePart>& parts, WeightType type) {
  for (const RulePart& part : parts) {
    const std::string place = folder + "/" + part.folder;
    std::error_code error;
    fs::create_directories(place, error);
    if (error) disk_failed("make", place, error.value());
    write_text(place + "/config.json", part.config);
    write_weights(place + "/" + part.weights, part, type);
    WrittenFile(place, O_RDONLY | O_DIRECTORY).sync();
  }
  write_text(folder + "/model/model_index.json",
             "{\n  \"_class_name\": \"StableDiffusionPipeline\",\n  \"_pia_rule\": true\n}\n");
  WrittenFile(folder + "/model", O_RDONLY | O_DIRECTORY).sync();
  WrittenFile(folder, O_RDONLY | O_DIRECTORY).sync();
}

void check_same(const std::string& output, const std::vector<RulePart>& parts, WeightType type) {
  for (const RulePart& part : parts) {
    const std::string place = output + "/" + part.folder;
    const bool there = path_kind(place + "/config.json") == PathKind::file;
    if (there && read_text(place + "/config.json") == part.config) {
      const SafetensorsFile weights(place + "/" + part.weights);
      if (!weights.tensors().empty() && weights.tensors().front().type == type) continue;
    }
    throw jobs::WeightError(output + " is there already and is not the model that was asked for (" +
                            part.folder + " differs); remove that folder, then run again");
  }
}

/// What a process that was killed here left behind.
void sweep(const fs::path& parent, const std::string& prefix) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    if (entry.path().filename().string().starts_with(prefix)) fs::remove_all(entry.path(), error);
  }
}

}  // namespace

RuleModelOutcome write_rule_model(const std::string& configs, const std::string& output, WeightType type) {
  const std::vector<RulePart> parts = read_parts(configs);
  fs::path target = fs::absolute(output).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  const fs::path parent = target.parent_path();
  const std::string prefix = target.filename().string() + ".writing-";
  const WrittenFile folder(parent.string(), O_RDONLY | O_DIRECTORY);
  if (folder.lock()) sweep(parent, prefix);
  if (path_kind(target.string()) == PathKind::none) {
    FolderAside aside((parent / prefix).string());
    write_parts(aside.path(), parts, type);
    if (aside.publish(target.string())) {
      folder.sync();
      return RuleModelOutcome::written;
    }
  }
  check_same(target.string(), parts, type);
  return RuleModelOutcome::already_there;
}

}  // namespace pia::renderer
