// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/component.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "jobs/core/conversion.hpp"
#include "jobs/core/error.hpp"
#include "renderer/weights/sentence.hpp"

namespace pia::renderer {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uintmax_t kLongestText = std::uintmax_t{64} << 20U;
constexpr std::array<const char*, 2> kStems = {"diffusion_pytorch_model", "model"};
constexpr std::array<const char*, 2> kVariants = {"", ".fp16"};

[[noreturn]] void no_weights(const std::string& folder) {
  for (const char* stem : kStems) {
    const std::string name = std::string(stem == kStems[1] ? "pytorch_model" : stem) + ".bin";
    if (path_kind(folder + "/" + name) == PathKind::none) continue;
    throw jobs::WeightError(folder + " has its weights only as " + name + "; make a .safetensors of it: " +
                            jobs::command_for_safetensors(folder + "/" + name));
  }
  throw jobs::WeightError(folder +
                          " has no weights; put diffusion_pytorch_model.safetensors (text_encoder: " +
                          "model.safetensors) there");
}

/// The index's "weight_map": which file each tensor is in.
std::map<std::string, std::string> read_index(const std::string& path) {
  const auto broken = [&](const std::string& why) {
    return jobs::WeightError(path + " is not an index of safetensors files: " + why + "; fetch it again");
  };
  const auto watch = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > 16) throw broken("it is nested too deeply");
    return true;
  };
  try {
    const Json index = Json::parse(read_text(path), watch);
    const auto map = index.at("weight_map").get<std::map<std::string, std::string>>();
    if (map.empty()) throw broken("its weight_map is empty");
    for (const auto& [tensor, file] : map) {
      const bool plain = file.ends_with(".safetensors") && file.find('/') == std::string::npos &&
                         file.find('\0') == std::string::npos;
      if (!plain) throw broken("it names the file " + in_quotes(file));
    }
    return map;
  } catch (const Json::exception&) {
    throw broken("it has no weight_map from tensors to files");
  }
}

std::vector<std::string> shards_of(const std::map<std::string, std::string>& index) {
  std::set<std::string> names;
  for (const auto& [tensor, file] : index) names.insert(file);
  return {names.begin(), names.end()};
}

void check_index(const ComponentFiles& files, const std::vector<SafetensorsFile>& shards) {
  std::map<std::string, std::string> index = read_index(files.folder + "/" + files.index);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    for (const TensorView& tensor : shards[i].tensors()) {
      const auto at = index.find(tensor.name);
      if (at == index.end() || at->second != files.shards[i]) {
        throw jobs::WeightError(shards[i].path() + " holds " + in_quotes(tensor.name) +
                                ", which is not what its index says; fetch the component again");
      }
      index.erase(at);
    }
  }
  if (!index.empty()) {
    throw jobs::WeightError(files.folder + "/" + index.begin()->second + " does not hold " +
                            in_quotes(index.begin()->first) +
                            ", which is not what its index says; fetch the component again");
  }
}

}  // namespace

std::vector<std::string> ComponentFiles::names() const {
  std::vector<std::string> all = shards;
  all.push_back("config.json");
  if (!index.empty()) all.push_back(index);
  std::sort(all.begin(), all.end());
  return all;
}

PathKind path_kind(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return PathKind::none;
  if (error) {
    throw jobs::WeightError(path + " can't be looked at: " + error.message() +
                            "; check the path and its permissions");
  }
  return status.type() == fs::file_type::directory ? PathKind::folder : PathKind::file;
}

std::string read_text(const std::string& path) {
  std::error_code error;
  // Before the file is opened: that of a pipe has no size, and opening one would wait.
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > kLongestText) {
    throw jobs::WeightError(path + " is too long for a config; fetch it again");
  }
  std::ifstream file;
  if (!error) file.open(path, std::ios::binary);
  if (error || !file) {
    throw jobs::WeightError(path + " can't be read; check that it is there and its permissions");
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  if (file.bad()) throw jobs::WeightError(path + " can't be read; check the disk, then fetch it again");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

ComponentFiles find_component(const std::string& folder) {
  if (path_kind(folder + "/config.json") != PathKind::file) {
    throw jobs::WeightError(folder + " has no config.json; fetch the whole folder");
  }
  const auto there = [&](const std::string& name) {
    return path_kind(folder + "/" + name) == PathKind::file;
  };
  for (const std::string variant : kVariants) {
    for (const std::string stem : kStems) {
      const std::string whole = stem + variant + ".safetensors";
      if (there(whole)) return {folder, "", {whole}};
      const std::string index = stem + ".safetensors.index" + variant + ".json";
      if (there(index)) return {folder, index, shards_of(read_index(folder + "/" + index))};
    }
  }
  no_weights(folder);
}

std::vector<SafetensorsFile> open_shards(const ComponentFiles& files) {
  std::vector<SafetensorsFile> shards;
  for (const std::string& name : files.shards) shards.emplace_back(files.folder + "/" + name);
  if (!files.index.empty()) check_index(files, shards);
  return shards;
}

}  // namespace pia::renderer
