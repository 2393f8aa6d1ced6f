// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "dsl/internal/expand.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/words.hpp"

namespace pia::dsl::internal {

/// Reads a flat shot's values, whose types bind has checked, and notes which were read.
class FlatReader {
 public:
  FlatReader(const FlatShot& flat, std::set<const Value*>& used) : flat_(flat), used_(used) {}

  /// nullptr if the key has no value.
  const Value* find(std::string_view key) {
    const auto found = flat_.values.find(key);
    if (found == flat_.values.end()) return nullptr;
    used_.insert(found->second);
    return found->second;
  }

  template <class T>
  const T& at(std::string_view key) {
    const Value* value = find(key);
    PIA_ASSERT(value != nullptr && get<T>(*value) != nullptr);
    return *get<T>(*value);
  }
  int whole(std::string_view key) { return static_cast<int>(at<std::int64_t>(key)); }
  template <class Enum>
  Enum word(std::string_view key) {
    const auto read = jobs::from_word<Enum>(at<std::string>(key));
    PIA_ASSERT(read.has_value());
    return *read;
  }

  /// Whether the user wrote the key.
  bool is_given(std::string_view key) const {
    const auto found = flat_.values.find(key);
    return found != flat_.values.end() && found->second->place != kBuiltIn;
  }

  /// Where to complain about a key: where it was written, else at the shot.
  Place place(std::string_view key) const {
    return is_given(key) ? flat_.values.at(key)->place : flat_.place();
  }

 private:
  const FlatShot& flat_;
  std::set<const Value*>& used_;
};

}  // namespace pia::dsl::internal
