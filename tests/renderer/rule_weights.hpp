// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "renderer/pipeline/resident_model.hpp"
#include "renderer/weights/model.hpp"

namespace pia::tests {

/// Weights by rule for a configuration of tests/reference/models, made in memory; components without a
/// config.json are empty. Made once a process.
const renderer::ModelWeights& rule_weights(const std::string& model);

/// The networks of rule_weights(model), fp32 on the CPU.
const renderer::ResidentModel& rule_model(const std::string& model);

/// Writes the same model into `folder`: <folder>/model and <folder>/motion.
void write_model(const std::string& model, const std::string& folder);

}  // namespace pia::tests
