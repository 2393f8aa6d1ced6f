// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "renderer/weights/config.hpp"
#include "renderer/weights/match.hpp"

namespace pia::renderer {

/// A component with its config and its mappings.
template <class Config>
struct Part {
  Config config;
  Component component;
  std::vector<SafetensorsFile> files;
};

/// Opens a MotionAdapter folder, or a .safetensors in PIA's official key names, whose config is read off the
/// shapes (heads 8, groups 32; the frames from the position tables, 32 without). Tensors that do not fit
/// become problems; throws jobs::WeightError for what is no motion model at all.
Part<MotionConfig> open_motion(const std::string& path, Problems& problems);

/// An official name in diffusers' spelling (scripts/convert_animatediff_motion_module_to_diffusers.py),
/// without "module."; position tables, counters and the spatial U-Net of a train.py file are ignored.
Meaning canonical_motion_name(const std::string& official);

/// The other way.
std::string official_motion_name(const std::string& canonical);

/// What the position table beside an attention is called in official files, by the official name of its
/// to_q.weight. Empty for any other tensor's.
std::string official_table_name(const std::string& official);

/// Throws jobs::WeightError if a file in official names could not say all of this config: heads 8, groups 32.
void require_official_sizes(const MotionConfig& config);

}  // namespace pia::renderer
