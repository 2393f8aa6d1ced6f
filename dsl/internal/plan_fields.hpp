// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace pia::dsl::internal {

using Json = nlohmann::json;

inline constexpr int kPlanFormat = 1;

struct IntegerRange {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Reads the members of one JSON object and remembers which; `where` names the object in messages.
/// Each function throws jobs::InputError if the field is missing, of another type or out of range.
class Fields {
 public:
  Fields(const Json& object, std::string where);

  /// For fields that are left out where they say nothing.
  bool has(const std::string& key) const { return object_.contains(key); }
  const Json& any(const std::string& key);
  Fields object(const std::string& key);
  const Json& array(const std::string& key);
  std::string text(const std::string& key);
  std::int64_t integer(const std::string& key, IntegerRange range);
  int small_integer(const std::string& key, IntegerRange range);
  double real(const std::string& key);
  bool flag(const std::string& key);
  std::string where(const std::string& key) const { return where_ + "." + key; }

  /// Throws if the object has members that nobody asked for.
  void done() const;

 private:
  const Json& object_;
  std::string where_;
  std::set<std::string> read_;
};

/// Throws jobs::InputError: "plan.json: <where> <trouble>; ...".
[[noreturn]] void refuse(const std::string& where, const std::string& trouble);

}  // namespace pia::dsl::internal
