// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {

/// The files of one component, or of a motion adapter: names relative to `folder`.
struct ComponentFiles {
  std::string folder;
  std::string index;                ///< "….safetensors.index.json", or empty
  std::vector<std::string> shards;  ///< .safetensors files, sorted

  /// config.json, the index and the shards, sorted.
  std::vector<std::string> names() const;
};

enum class PathKind { none, file, folder };

/// Follows links. Throws jobs::WeightError if the path can't be looked at.
PathKind path_kind(const std::string& path);

/// A small text file, whole. Throws jobs::WeightError, also for one of over 64 MiB.
std::string read_text(const std::string& path);

/// Finds config.json and the weights in a component's folder; the whole file before the sharded, the plain
/// before fp16. Throws jobs::WeightError naming what is not there.
ComponentFiles find_component(const std::string& folder);

/// Maps the shards. For a sharded component the index and the shards must name the same tensors. Throws
/// jobs::WeightError.
std::vector<SafetensorsFile> open_shards(const ComponentFiles& files);

}  // namespace pia::renderer
