// SPDX-License-Identifier: Apache-2.0
#include "tests/renderer/rule_weights.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "renderer/weights/layout.hpp"
#include "renderer/weights/rule_model.hpp"

namespace pia::tests {
namespace {

namespace fs = std::filesystem;

std::string models() {
  return std::string(PIA_SOURCE) + "/tests/reference/models/";
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Made {
  renderer::ModelWeights weights;
  std::deque<std::vector<std::byte>> bytes;
};

void fill(Made& made, renderer::TensorMap& map, const std::string& component,
          const std::vector<renderer::ExpectedTensor>& layout) {
  for (const renderer::ExpectedTensor& expected : layout) {
    const std::vector<float> values = renderer::rule_values(component + "/" + expected.name, expected.shape);
    made.bytes.push_back(renderer::weight_bytes(values, renderer::WeightType::fp32));
    map[expected.name] = {.name = expected.name,
                          .type = renderer::WeightType::fp32,
                          .shape = expected.shape,
                          .bytes = made.bytes.back()};
  }
}

Made make(const std::string& model) {
  Made made;
  renderer::ModelWeights& weights = made.weights;
  const auto config = [&](const char* component) {
    return text_of(models() + model + "/" + component + "/config.json");
  };
  weights.vae_config = renderer::parse_vae_config(config("vae"), "vae");
  fill(made, weights.vae, "vae", renderer::vae_layout(weights.vae_config));
  if (config("unet").empty()) return made;
  weights.unet_config = renderer::parse_unet_config(config("unet"), "unet");
  weights.text_config = renderer::parse_clip_text_config(config("text_encoder"), "text_encoder");
  weights.motion_config = renderer::parse_motion_config(config("motion"), "motion");
  fill(made, weights.unet, "unet", renderer::unet_layout(weights.unet_config));
  fill(made, weights.text_encoder, "text_encoder", renderer::clip_text_layout(weights.text_config));
  fill(made, weights.motion, "motion", renderer::motion_layout(weights.motion_config));
  return made;
}

}  // namespace

const renderer::ModelWeights& rule_weights(const std::string& model) {
  static std::map<std::string, Made> made;
  const auto found = made.find(model);
  return found != made.end() ? found->second.weights : made.emplace(model, make(model)).first->second.weights;
}

const renderer::ResidentModel& rule_model(const std::string& model) {
  static std::map<std::string, renderer::ResidentModel> loaded;
  // Layers this small only wait for a second thread, and bytes are compared.
  at::set_num_threads(1);
  const c10::InferenceMode inference;
  const auto found = loaded.find(model);
  return found != loaded.end()
             ? found->second
             : loaded.emplace(model, renderer::load_model(rule_weights(model), {})).first->second;
}

void write_model(const std::string& model, const std::string& folder) {
  const std::string configs = folder + "/configs";
  for (const char* component : {"unet", "vae", "text_encoder"}) {
    fs::create_directories(configs + "/model/" + component);
    fs::copy(models() + model + "/" + component + "/config.json",
             configs + "/model/" + component + "/config.json");
  }
  fs::create_directories(configs + "/motion");
  fs::copy(models() + model + "/motion/config.json", configs + "/motion/config.json");
  renderer::write_rule_model(configs, folder + "/weights");
}

}  // namespace pia::tests
