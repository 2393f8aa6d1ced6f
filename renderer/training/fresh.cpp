// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/fresh.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <map>

#include "jobs/core/error.hpp"
#include "renderer/training/chance.hpp"
#include "renderer/training/components.hpp"

namespace pia::renderer {
namespace {

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

double fan_in(const std::vector<std::int64_t>& shape) {
  double product = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) product *= static_cast<double>(shape[i]);
  return product;
}

at::Tensor drawn(const std::string& name, const ExpectedTensor& tensor, const Shapes& shapes,
                 std::uint64_t seed) {
  const std::string& key = tensor.name;
  if (name.starts_with("motion/") &&
      (key.find(".proj_out.") != std::string::npos || key.starts_with("conv_in."))) {
    return at::zeros(tensor.shape);
  }
  if (key.ends_with("token_embedding.weight")) return normal_by_name(seed, name, tensor.shape, 0.02);
  if (key.ends_with("position_embedding.weight")) return normal_by_name(seed, name, tensor.shape, 0.01);
  if (tensor.shape.size() > 1) {
    return uniform_by_name(seed, name, tensor.shape, 1 / std::sqrt(fan_in(tensor.shape)));
  }
  if (key.ends_with(".weight")) return at::ones(tensor.shape);
  const auto weight = shapes.find(key.substr(0, key.rfind('.')) + ".weight");
  if (weight == shapes.end() || weight->second.size() < 2) return at::zeros(tensor.shape);
  return uniform_by_name(seed, name, tensor.shape, 1 / std::sqrt(fan_in(weight->second)));
}

// As wide as a whole conv_in is drawn: beside noise that the network sees at once, affinity and picture would
// be learnt late from nothing.
void draw_condition(at::Tensor& conv_in, std::uint64_t seed) {
  const std::int64_t latents = (conv_in.size(1) - 1) / 2;
  const double width = 1 / std::sqrt(fan_in(conv_in.sizes().vec()));
  const at::Tensor drawn = uniform_by_name(seed, "motion/conv_in.weight", conv_in.sizes(), width);
  conv_in.narrow(1, latents, latents + 1).copy_(drawn.narrow(1, latents, latents + 1));
}

}  // namespace

LiveTensors drawn_tensors(const std::string& component, const std::vector<ExpectedTensor>& layout,
                          std::uint64_t seed) {
  Shapes shapes;
  for (const ExpectedTensor& tensor : layout) shapes[tensor.name] = tensor.shape;
  LiveTensors tensors;
  for (const ExpectedTensor& tensor : layout) {
    tensors[tensor.name] = laid_out(drawn(component + "/" + tensor.name, tensor, shapes, seed));
  }
  return tensors;
}

void stir(LiveTensors& motion, const MotionConfig& config, std::uint64_t seed) {
  draw_condition(motion.at("conv_in.weight"), seed);
  const std::string last = "up_blocks." + std::to_string(config.levels() - 1) + ".";
  for (auto& [key, tensor] : motion) {
    if (!key.ends_with(".proj_out.weight") || key.starts_with(last)) continue;
    const double width = 0.3 / std::sqrt(static_cast<double>(tensor.size(1)));
    tensor = uniform_by_name(seed, "motion/" + key, tensor.sizes(), width);
  }
}

void keep_rows(at::Tensor& token_embedding, const std::set<std::int64_t>& ids) {
  const at::Tensor kept = at::zeros_like(token_embedding);
  for (const std::int64_t id : ids) kept[id].copy_(token_embedding[id]);
  token_embedding = kept;
}

}  // namespace pia::renderer
