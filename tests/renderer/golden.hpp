// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jobs/core/picture.hpp"
#include "jobs/core/shot.hpp"

namespace pia::tests {

/// A golden file: its tensors, and the settings in its header. tests/reference/README.md says what is in it.
struct Golden {
  std::map<std::string, at::Tensor> tensors;
  nlohmann::json settings;

  const at::Tensor& operator[](const std::string& name) const { return tensors.at(name); }
  bool has(const std::string& name) const { return tensors.contains(name); }
};

/// `name` is the path under tests/golden without its ending: "official/moderate".
Golden read_golden(const std::string& name);

/// Names of the golden files in a folder of tests/golden, sorted, without ending.
std::vector<std::string> goldens_in(const std::string& folder);

/// The largest difference, in standard deviations of what is expected. Infinite for other shapes or numbers
/// that are none.
double largest_error(const at::Tensor& found, const at::Tensor& expected);

/// The shot that a case's settings describe, its prompts as ids.
jobs::Shot shot_of(const Golden& golden);
jobs::Image image_of(const Golden& golden);

}  // namespace pia::tests
