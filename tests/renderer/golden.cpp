// SPDX-License-Identifier: Apache-2.0
#include "tests/renderer/golden.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/max.h>
#include <ATen/ops/std.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "renderer/weights/safetensors.hpp"

namespace pia::tests {
namespace {

at::ScalarType type_of(renderer::WeightType type) {
  switch (type) {
    case renderer::WeightType::fp32:
      return at::kFloat;
    case renderer::WeightType::int32:
      return at::kInt;
    case renderer::WeightType::uint8:
      return at::kByte;
    default:
      throw std::runtime_error("a golden of another type");
  }
}

}  // namespace

Golden read_golden(const std::string& name) {
  const renderer::SafetensorsFile file(std::string(PIA_GOLDEN) + "/" + name + ".safetensors");
  Golden golden;
  for (const renderer::TensorView& view : file.tensors()) {
    at::Tensor tensor = at::zeros(view.shape, type_of(view.type));
    std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
    golden.tensors[view.name] = tensor;
  }
  golden.settings = nlohmann::json::parse(file.metadata().at("case"));
  return golden;
}

std::vector<std::string> goldens_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(PIA_GOLDEN) + "/" + folder)) {
    if (entry.path().extension() == ".safetensors") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

double largest_error(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor exact = expected.to(at::kDouble);
  const double error = (found.to(at::kCPU, at::kDouble) - exact).abs().max().item<double>();
  const double relative = error / exact.std().item<double>();
  return std::isfinite(relative) ? relative : std::numeric_limits<double>::infinity();
}

jobs::Shot shot_of(const Golden& golden) {
  const nlohmann::json& settings = golden.settings;
  jobs::Shot shot;
  const std::string model = settings.at("model");
  shot.model = {model, jobs::sha256(model)};
  shot.motion = {model + "/motion", jobs::sha256(model + "/motion")};
  shot.reference =
      settings.at("reference") == "official" ? jobs::Reference::official : jobs::Reference::diffusers;
  shot.geometry.size = {.width = settings.at("width"), .height = settings.at("height")};
  shot.affinity = settings.at("affinity").get<std::vector<double>>();
  shot.condition_frame = settings.at("condition_frame");
  shot.frames = settings.at("frames");
  shot.steps = settings.at("steps");
  shot.guidance_scale = settings.at("guidance_scale");
  shot.strength = settings.at("strength");
  shot.eta = settings.at("eta");
  shot.seed = std::stoull(settings.at("seed").get<std::string>());
  const at::Tensor& ids = golden["ids"];
  const auto row = [&ids](std::int64_t i) {
    const auto* first = ids.const_data_ptr<std::int32_t>() + i * ids.size(1);
    return jobs::PromptTrack{{{.frame = 0, .ids = {first, first + ids.size(1)}}}};
  };
  shot.negative_prompt = row(0);
  shot.prompt = row(ids.size(0) - 1);
  return shot;
}

jobs::Image image_of(const Golden& golden) {
  const at::Tensor& image = golden["image_u8"];
  const auto* first = image.const_data_ptr<std::uint8_t>();
  return {.width = static_cast<int>(image.size(1)),
          .height = static_cast<int>(image.size(0)),
          .rgb = {first, first + image.numel()}};
}

}  // namespace pia::tests
