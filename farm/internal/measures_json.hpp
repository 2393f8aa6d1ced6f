// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "jobs/core/measures.hpp"

namespace pia::farm {

/// {"psnr": 31.2, "motion": 4}: those that are there.
template <class Json>
Json measures_json(const jobs::Measures& measures) {
  Json json = Json::object();
  for (const jobs::Metric metric : jobs::kMetrics) {
    if (measures[metric]) json[std::string(jobs::to_word(metric))] = *measures[metric];
  }
  return json;
}

/// Of a journal record, which may be anybody's, or older: what is no measure is left out.
inline jobs::Measures measures_in(const nlohmann::json& record) {
  constexpr double kMost = 255;
  jobs::Measures measures;
  const auto json = record.find("measures");
  if (json == record.end() || !json->is_object()) return measures;
  for (const jobs::Metric metric : jobs::kMetrics) {
    const auto at = json->find(std::string(jobs::to_word(metric)));
    if (at == json->end() || !at->is_number()) continue;
    const auto value = at->get<double>();
    if (value >= 0 && value <= kMost) measures[metric] = value;
  }
  return measures;
}

}  // namespace pia::farm
