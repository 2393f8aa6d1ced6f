// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {

/// Weights by rule: every value follows from its tensor's name alone, so that no weight file need be kept.
/// `name` is "<component>/<key>" (unet, vae, text_encoder, motion; key as in a layout); element i in
/// row-major order is made of
///   seed = FNV-1a 64 of the name;  z = splitmix64's output for the state seed + (i + 1) * 0x9E3779B97F4A7C15
///   x = (z >> 40) * 2^-23 - 1, in [-1, 1)
/// as 1 + 0.2 x for a rank-1 ".weight", 0.1 x for any other rank-1 tensor, and sqrt(3 / fan_in) x for higher
/// ranks, fan_in being the product of all dimensions but the first; in double, rounded once to float.
/// tests/reference/rule.py is the same rule in Python.
std::vector<float> rule_values(std::string_view name, std::span<const std::int64_t> shape);

/// The values as fp32, fp16 or bf16 bytes, rounded to nearest even.
std::vector<std::byte> weight_bytes(std::span<const float> values, WeightType type);

enum class RuleModelOutcome { written, already_there };

/// Makes a complete model of rule-made weights: `configs` holds model/{unet,vae,text_encoder}/config.json and
/// motion/config.json; `output` gets the same with weights, whole or not at all (written aside, synced,
/// renamed; its parent must exist), and model/model_index.json with "_pia_rule": true, so that a program can
/// tell that its frames are patterns, not pictures. An `output` that is there already and has the same
/// configs and type is left as it is; any other is an error. Two processes may do this at once. Throws
/// jobs::WeightError (configs, an unlike output) or jobs::StorageError.
RuleModelOutcome write_rule_model(const std::string& configs, const std::string& output,
                                  WeightType type = WeightType::fp32);

}  // namespace pia::renderer
