// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/plan_fields.hpp"

#include <cmath>

#include "jobs/core/error.hpp"

namespace pia::dsl::internal {

void refuse(const std::string& where, const std::string& trouble) {
  throw jobs::InputError("plan: " + where + " " + trouble + "; run the job file again to plan anew");
}

Fields::Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object.is_object()) refuse(where_, "is not an object");
}

const Json& Fields::any(const std::string& key) {
  const auto found = object_.find(key);
  if (found == object_.end()) refuse(where(key), "is missing");
  read_.insert(key);
  return *found;
}

Fields Fields::object(const std::string& key) {
  return Fields(any(key), where(key));
}

const Json& Fields::array(const std::string& key) {
  const Json& json = any(key);
  if (!json.is_array()) refuse(where(key), "is not a list");
  return json;
}

std::string Fields::text(const std::string& key) {
  const Json& json = any(key);
  if (!json.is_string()) refuse(where(key), "is not a string");
  return json.get<std::string>();
}

std::int64_t Fields::integer(const std::string& key, IntegerRange range) {
  const Json& json = any(key);
  if (!json.is_number_integer()) refuse(where(key), "is not a whole number");
  const bool too_large = json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX;
  if (too_large || json.get<std::int64_t>() < range.from || json.get<std::int64_t>() > range.to) {
    refuse(where(key), "is not between " + std::to_string(range.from) + " and " + std::to_string(range.to));
  }
  return json.get<std::int64_t>();
}

int Fields::small_integer(const std::string& key, IntegerRange range) {
  return static_cast<int>(integer(key, range));
}

double Fields::real(const std::string& key) {
  const Json& json = any(key);
  if (!json.is_number() || !std::isfinite(json.get<double>())) refuse(where(key), "is not a finite number");
  return json.get<double>();
}

bool Fields::flag(const std::string& key) {
  const Json& json = any(key);
  if (!json.is_boolean()) refuse(where(key), "is neither true nor false");
  return json.get<bool>();
}

void Fields::done() const {
  if (read_.size() == object_.size()) return;
  for (const auto& [key, value] : object_.items()) {
    if (!read_.contains(key)) refuse(where(key), "is not known to this version");
  }
}

}  // namespace pia::dsl::internal
