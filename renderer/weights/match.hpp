// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "renderer/weights/layout.hpp"
#include "renderer/weights/model.hpp"
#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {

/// Everything that is wrong with the tensors of a model, for one sentence.
class Problems {
 public:
  void add(const std::string& problem) { all_.push_back(problem); }

  /// Throws jobs::WeightError that lists all of them; returns if there are none.
  void finish(const std::string& model) const;

 private:
  std::vector<std::string> all_;
};

/// What a tensor's name in a file means: a key of the layout, or nothing for the network.
struct Meaning {
  std::string key;  ///< the canonical key; empty: ignored
};
using Rename = std::function<Meaning(const std::string&)>;

/// Where tensors of a component came from and what became of them.
struct Component {
  std::string place;  ///< folder or file, for sentences
  TensorMap tensors;  ///< by canonical key
  std::vector<std::string> ignored;
};

/// Sorts the tensors of `files` by their canonical keys. Two that mean the same key are a problem.
Component collect(const std::string& place, const std::vector<SafetensorsFile>& files, const Rename& rename,
                  Problems& problems);

/// Adds a problem for every tensor that is missing, of another shape, not fp32, fp16 or bf16, or not in the
/// layout.
void check_layout(const Component& component, const std::vector<ExpectedTensor>& layout, Problems& problems);

/// Whether it is a table that files keep although it follows from the network: position_ids, positions of
/// frames.
bool is_worked_out(const std::string& name);

/// Diffusers' own names; what is worked out is ignored.
Meaning canonical_name(const std::string& name);

/// Also understands the older names of a VAE's attention: query, key, value, proj_attn.
Meaning canonical_vae_name(const std::string& name);

/// A VAE's attention weights that are 1x1 convolutions, [C, C, 1, 1], become matrices, [C, C].
void squeeze_vae_attention(TensorMap& tensors);

}  // namespace pia::renderer
