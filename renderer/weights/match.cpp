// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/match.hpp"

#include <array>
#include <set>
#include <utility>

#include "jobs/core/error.hpp"
#include "renderer/weights/sentence.hpp"

namespace pia::renderer {
namespace {

bool is_weight(WeightType type) {
  return type == WeightType::fp32 || type == WeightType::fp16 || type == WeightType::bf16;
}

}  // namespace

void Problems::finish(const std::string& model) const {
  if (all_.empty()) return;
  // What to do comes first: the list may be longer than anyone reads.
  std::string text = model +
                     " does not fit the network that its config describes (fetch the model again, or one of "
                     "Stable Diffusion 1.5's architecture): ";
  for (std::size_t i = 0; i < all_.size(); ++i) text += (i == 0 ? "" : "; ") + all_[i];
  throw jobs::WeightError(text);
}

Component collect(const std::string& place, const std::vector<SafetensorsFile>& files, const Rename& rename,
                  Problems& problems) {
  Component component;
  component.place = place;
  for (const SafetensorsFile& file : files) {
    for (const TensorView& tensor : file.tensors()) {
      const Meaning meaning = rename(tensor.name);
      if (meaning.key.empty()) {
        component.ignored.push_back(file.path() + ": " + tensor.name);
      } else if (const auto [at, fresh] = component.tensors.try_emplace(meaning.key, tensor); fresh) {
        at->second.name = meaning.key;
      } else {
        problems.add(place + ": " + in_quotes(meaning.key) + " is there twice");
      }
    }
  }
  return component;
}

void check_layout(const Component& component, const std::vector<ExpectedTensor>& layout, Problems& problems) {
  std::set<std::string_view> known;
  for (const ExpectedTensor& expected : layout) {
    known.insert(expected.name);
    const auto at = component.tensors.find(expected.name);
    const std::string subject = component.place + ": " + expected.name;
    if (at == component.tensors.end()) {
      problems.add(subject + " " + shape_text(expected.shape) + " is missing");
    } else if (at->second.shape != expected.shape) {
      problems.add(subject + " has the shape " + shape_text(at->second.shape) + ", expected " +
                   shape_text(expected.shape));
    } else if (!is_weight(at->second.type)) {
      problems.add(subject + " is of type " + std::string(safetensors_word(at->second.type)) +
                   ", expected F32, F16 or BF16");
    }
  }
  for (const auto& [key, tensor] : component.tensors) {
    if (!known.contains(key)) {
      problems.add(component.place + ": " + in_quotes(key) + " " + shape_text(tensor.shape) +
                   " is no part of the network");
    }
  }
}

bool is_worked_out(const std::string& name) {
  return name.ends_with("text_model.embeddings.position_ids") || name.ends_with(".pos_embed.pe") ||
         name.ends_with(".pos_encoder.pe");
}

Meaning canonical_name(const std::string& name) {
  return {is_worked_out(name) ? "" : name};
}

Meaning canonical_vae_name(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOlder = {
      {{"query", "to_q"}, {"key", "to_k"}, {"value", "to_v"}, {"proj_attn", "to_out.0"}}};
  const std::string stem = ".mid_block.attentions.0.";
  const std::size_t at = name.find(stem);
  if (at == std::string::npos) return {name};
  const std::size_t begin = at + stem.size();
  const std::size_t end = name.rfind('.');
  if (end <= begin || end == std::string::npos) return {name};
  const std::string_view part = std::string_view(name).substr(begin, end - begin);
  for (const auto& [older, today] : kOlder) {
    if (part == older) return {name.substr(0, begin) + std::string(today) + name.substr(end)};
  }
  return {name};
}

void squeeze_vae_attention(TensorMap& tensors) {
  for (auto& [key, tensor] : tensors) {
    const bool attention = key.find(".mid_block.attentions.0.to_") != std::string::npos;
    if (attention && tensor.shape.size() == 4 && tensor.shape[2] == 1 && tensor.shape[3] == 1) {
      tensor.shape.resize(2);
    }
  }
}

}  // namespace pia::renderer
