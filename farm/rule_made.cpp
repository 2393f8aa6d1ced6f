// SPDX-License-Identifier: Apache-2.0
// Apart from catalog.cpp, for displays: a rank must not load what decodes pictures.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "farm/catalog.hpp"

namespace pia::farm {

bool is_rule_made(const std::string& model_path) {
  std::ifstream file(model_path + "/model_index.json", std::ios::binary);
  const auto index = nlohmann::json::parse(file, nullptr, false);
  return index.is_object() && index.value("_pia_rule", nlohmann::json()) == nlohmann::json(true);
}

bool has_rule_made_model(const jobs::Plan& plan) {
  std::set<std::string> models;
  for (const jobs::PlannedShot& shot : plan.shots) models.insert(shot.shot.model.path);
  return std::any_of(models.begin(), models.end(), is_rule_made);
}

}  // namespace pia::farm
