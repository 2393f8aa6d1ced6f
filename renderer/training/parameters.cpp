// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/parameters.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "jobs/core/error.hpp"
#include "renderer/training/chance.hpp"

namespace pia::renderer {
namespace {

// A cache line's worth of floats: every tensor begins at one.
constexpr std::int64_t kAlignment = 16;

bool contains_one(const std::string& name, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(
      patterns, [&](const std::string& pattern) { return name.find(pattern) != std::string::npos; });
}

// A frozen encoder is everything up to the latents.
bool is_encoder(const std::string& key) {
  return key.starts_with("encoder.") || key.starts_with("quant_conv.");
}

bool is_trained(const jobs::Training& training, const std::string& component, const std::string& key) {
  const bool of_vae = component == "vae";
  if (of_vae != (training.network == jobs::TrainedNetwork::vae)) return false;
  if (of_vae && training.vae.freeze_encoder && is_encoder(key)) return false;
  return training.parameters.empty() || contains_one(component + "/" + key, training.parameters);
}

// kohya's choice: the weights of attention layers and of the resnets' convolutions.
bool takes_lora(const ExpectedTensor& tensor) {
  const std::string& key = tensor.name;
  const bool attends = key.find("attentions.") != std::string::npos;
  const bool convolves = key.find(".conv1.") != std::string::npos ||
                         key.find(".conv2.") != std::string::npos ||
                         key.find(".conv_shortcut.") != std::string::npos;
  return tensor.shape.size() > 1 && (attends || convolves);
}

Slice slice_of(const std::string& component, const std::string& key, const at::Tensor& tensor,
               std::int64_t& end) {
  const Slice slice{.component = component,
                    .key = key,
                    .shape = tensor.sizes().vec(),
                    .strides = tensor.strides().vec(),
                    .offset = end};
  end += (tensor.numel() + kAlignment - 1) / kAlignment * kAlignment;
  return slice;
}

Lora drawn_lora(const std::string& component, const std::string& key, const at::Tensor& weight,
                const jobs::Training& training) {
  std::vector<std::int64_t> down = weight.sizes().vec();
  std::vector<std::int64_t> up = {weight.size(0), training.denoiser.lora_rank};
  down[0] = training.denoiser.lora_rank;
  up.resize(down.size(), 1);
  const double width = std::sqrt(static_cast<double>(weight.size(0)) / static_cast<double>(weight.numel()));
  return {.component = component,
          .key = key,
          .down = laid_out(uniform_by_name(training.seed, "lora/" + component + "/" + key, down, width)),
          .up = laid_out(at::zeros(up))};
}

using Visitor = std::function<void(const Slice& slice, at::Tensor& tensor)>;

// Every trained tensor in the order of the layouts.
void visit_weights(Parameters& parameters, const Components& components, const jobs::Training& training,
                   const Visitor& visit) {
  std::int64_t end = 0;
  for (auto& [component, tensors] : parameters.tensors) {
    for (const ExpectedTensor& expected : components.layouts.at(component)) {
      if (!is_trained(training, component, expected.name)) continue;
      at::Tensor& tensor = tensors.at(expected.name);
      visit(slice_of(component, expected.name, tensor, end), tensor);
    }
  }
}

void visit_loras(Parameters& parameters, const Visitor& visit) {
  std::int64_t end = 0;
  for (Lora& lora : parameters.loras) {
    const std::string stem = lora.key.substr(0, lora.key.rfind('.'));
    visit(slice_of(lora.component, stem + ".lora_down.weight", lora.down, end), lora.down);
    visit(slice_of(lora.component, stem + ".lora_up.weight", lora.up, end), lora.up);
  }
}

void add_loras(Parameters& parameters, const Components& components, const jobs::Training& training) {
  for (const ExpectedTensor& expected : components.layouts.at("unet")) {
    const std::string& key = expected.name;
    if (!takes_lora(expected) || !is_trained(training, "unet", key)) continue;
    parameters.loras.push_back(drawn_lora("unet", key, parameters.tensors.at("unet").at(key), training));
  }
}

}  // namespace

at::Tensor part_of(const at::Tensor& flat, const Slice& slice) {
  return flat.as_strided(slice.shape, slice.strides, slice.offset);
}

Parameters make_parameters(Components& components, const jobs::Training& training, at::Device device) {
  Parameters parameters;
  parameters.tensors = std::move(components.tensors);
  const bool low_rank = training.network == jobs::TrainedNetwork::denoiser && training.denoiser.lora_rank > 0;
  if (low_rank) add_loras(parameters, components, training);
  const auto visit_all = [&](const Visitor& visit) {
    if (low_rank) {
      visit_loras(parameters, visit);
    } else {
      visit_weights(parameters, components, training, visit);
    }
  };
  std::int64_t size = 0;
  visit_all([&](const Slice& slice, at::Tensor& tensor) {
    parameters.slices.push_back(slice);
    size = slice.offset + (tensor.numel() + kAlignment - 1) / kAlignment * kAlignment;
  });
  if (parameters.slices.empty()) {
    throw jobs::InputError(
        "the training's parameters name nothing in the model; use parts of \"component/key\" such as "
        "\"motion/\", \"unet/conv_in\" or \"text_encoder/\", or leave them out to train all");
  }
  parameters.values = at::zeros({size}, device);
  parameters.gradients = at::zeros({size + 1}, device);
  visit_all([&](const Slice& slice, at::Tensor& tensor) {
    const at::Tensor place = part_of(parameters.values, slice);
    place.copy_(tensor);
    tensor = place.detach();
    tensor.requires_grad_();
    tensor.mutable_grad() = part_of(parameters.gradients, slice);
  });
  for (auto& [component, tensors] : parameters.tensors) {
    for (auto& [key, tensor] : tensors) tensor = tensor.to(device);
  }
  return parameters;
}

LiveTensors live_tensors(const Parameters& parameters, const std::string& component) {
  const auto found = parameters.tensors.find(component);
  if (found == parameters.tensors.end()) return {};
  LiveTensors live = found->second;
  for (const Lora& lora : parameters.loras) {
    if (lora.component != component) continue;
    at::Tensor& weight = live.at(lora.key);
    const at::Tensor change = at::matmul(lora.up.flatten(1), lora.down.flatten(1)).view(weight.sizes());
    weight = laid_out(weight + change);
  }
  return live;
}

Parameters with_values(const Parameters& parameters, const at::Tensor& values) {
  Parameters other = parameters;
  other.values = values;
  for (std::size_t i = 0; i < other.slices.size(); ++i) {
    const Slice& slice = other.slices[i];
    const at::Tensor part = part_of(values, slice).detach();
    if (other.loras.empty()) {
      other.tensors.at(slice.component)[slice.key] = part;
    } else {
      // Each has two slices, as visit_loras has them.
      Lora& lora = other.loras[i / 2];
      (i % 2 == 0 ? lora.down : lora.up) = part;
    }
  }
  return other;
}

const at::Tensor& trained_tensor(const Parameters& parameters, std::size_t slice) {
  if (!parameters.loras.empty()) {
    const Lora& lora = parameters.loras[slice / 2];
    return slice % 2 == 0 ? lora.down : lora.up;
  }
  const Slice& place = parameters.slices[slice];
  return parameters.tensors.at(place.component).at(place.key);
}

Range range_of(const Parameters& parameters, const std::string& component) {
  const std::vector<Slice>& slices = parameters.slices;
  const auto is_of_it = [&](const Slice& slice) { return slice.component == component; };
  const auto first = std::ranges::find_if(slices, is_of_it);
  if (first == slices.end()) return {};
  const auto next = std::find_if_not(first, slices.end(), is_of_it);
  const std::int64_t end = next == slices.end() ? parameters.values.numel() : next->offset;
  return {.offset = first->offset, .size = end - first->offset};
}

bool trains(const Parameters& parameters, const std::string& component) {
  return std::ranges::any_of(parameters.slices,
                             [&](const Slice& slice) { return slice.component == component; });
}

}  // namespace pia::renderer
