// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "jobs/core/error.hpp"
#include "renderer/weights/model.hpp"
#include "renderer/weights/rule_model.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::tests {

inline void write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// The sentence of the WeightError that `action` throws; empty if it throws none.
inline std::string weight_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const jobs::WeightError& error) {
    return error.what();
  }
  return {};
}

struct OwnedTensor {
  renderer::WeightType type = renderer::WeightType::fp32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
};

/// A safetensors file to change and write again.
struct EditableWeights {
  std::map<std::string, OwnedTensor> tensors;

  static EditableWeights load(const std::string& path) {
    EditableWeights weights;
    const renderer::SafetensorsFile file(path);
    for (const auto& view : file.tensors()) {
      weights.tensors[view.name] = {view.type, view.shape, {view.bytes.begin(), view.bytes.end()}};
    }
    return weights;
  }

  /// Zeros of a shape.
  EditableWeights& add(const std::string& name, std::vector<std::int64_t> shape,
                       renderer::WeightType type = renderer::WeightType::fp32) {
    const auto size =
        static_cast<std::size_t>(*renderer::element_count(shape)) * renderer::bytes_per_element(type);
    tensors[name] = {type, std::move(shape), std::vector<std::byte>(size)};
    return *this;
  }

  EditableWeights& rename(const std::function<std::string(const std::string&)>& to) {
    std::map<std::string, OwnedTensor> renamed;
    for (auto& [name, tensor] : tensors) renamed[to(name)] = std::move(tensor);
    tensors = std::move(renamed);
    return *this;
  }

  void save(const std::string& path) const {
    std::vector<renderer::TensorView> views;
    for (const auto& [name, tensor] : tensors)
      views.push_back({name, tensor.type, tensor.shape, tensor.bytes});
    write_file(path, renderer::safetensors_bytes(views));
  }
};

/// A rule-made model in a folder of its own, like that of diffusers' test_pia: two levels, unmirrored up
/// blocks, a motion module in the middle; with 32 channels and 8 heads, so that its motion part has an
/// official form.
class TinyModel {
 public:
  static constexpr const char* kUnet =
      R"({"_class_name": "UNet2DConditionModel", "block_out_channels": [32, 32],
    "layers_per_block": 1, "sample_size": 8, "in_channels": 4, "out_channels": 4,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "cross_attention_dim": 8})";
  static constexpr const char* kVae = R"({"_class_name": "AutoencoderKL", "block_out_channels": [8, 8],
    "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
    "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "latent_channels": 4, "norm_num_groups": 2})";
  static constexpr const char* kText = R"({"model_type": "clip_text_model", "hidden_size": 8,
    "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 1000})";
  static constexpr const char* kMotion = R"({"_class_name": "MotionAdapter", "block_out_channels": [32, 32],
    "motion_layers_per_block": 1, "conv_in_channels": 9, "motion_max_seq_length": 24})";

  struct Options {
    renderer::WeightType type = renderer::WeightType::fp32;
    std::string vae = kVae;
  };
  TinyModel() : TinyModel(Options{}) {}
  explicit TinyModel(const Options& options) {
    write_file(configs_ / "model/unet/config.json", kUnet);
    write_file(configs_ / "model/vae/config.json", options.vae);
    write_file(configs_ / "model/text_encoder/config.json", kText);
    write_file(configs_ / "motion/config.json", kMotion);
    renderer::write_rule_model(configs_.path(), folder_ / "tiny", options.type);
  }

  std::string configs() const { return configs_.path(); }
  std::string model() const { return folder_ / "tiny/model"; }
  std::string motion() const { return folder_ / "tiny/motion"; }
  std::string unet_file() const { return model() + "/unet/diffusion_pytorch_model.safetensors"; }
  std::string vae_file() const { return model() + "/vae/diffusion_pytorch_model.safetensors"; }
  std::string text_file() const { return model() + "/text_encoder/model.safetensors"; }
  std::string motion_file() const { return motion() + "/diffusion_pytorch_model.safetensors"; }
  /// A path for something that the test makes.
  std::string at(const std::string& name) const { return folder_ / name; }
  renderer::ModelPaths paths() const { return {model(), "", motion()}; }
  std::string error() const {
    return weight_error([&] { renderer::open_model(paths()); });
  }

 private:
  TempFolder configs_;
  TempFolder folder_;
};

}  // namespace pia::tests
