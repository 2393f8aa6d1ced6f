// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace pia::farm {

/// Numbers of a journal record, which may be anybody's: within bounds in which arithmetic is safe, or
/// `otherwise`.
inline int count_in(const nlohmann::json& json, const char* key, int otherwise = 0) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const auto at = json.find(key);
  if (at == json.end() || !at->is_number_integer()) return otherwise;
  const auto value = at->get<std::int64_t>();
  return value >= 0 && value <= kMost ? static_cast<int>(value) : otherwise;
}

/// Seconds, since 1970 or of work.
inline double seconds_in(const nlohmann::json& json, const char* key, double otherwise = 0) {
  constexpr double kMost = 1e11;
  const auto at = json.find(key);
  if (at == json.end() || !at->is_number()) return otherwise;
  const auto value = at->get<double>();
  return value >= 0 && value <= kMost ? value : otherwise;
}

}  // namespace pia::farm
