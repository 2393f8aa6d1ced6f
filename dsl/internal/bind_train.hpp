// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// The built-in values of a section with what was written over them.
class Chosen {
 public:
  Chosen(Section section, const Settings& given);

  /// Where `key` was written (and is not broken); nothing if it was not.
  std::optional<Place> written(const char* key) const;

  /// The value of a key that is written or has a built-in value.
  template <class T>
  const T& at(const char* key) const {
    return *get<T>(values_.at(key));
  }
  int whole(const char* key) const { return static_cast<int>(at<std::int64_t>(key)); }
  const Value* find(const char* key) const;

 private:
  const Settings& given_;
  Settings values_;
};

/// A job file with kind = "train", every key bound.
struct TrainDocument {
  Document common;  ///< job, paths, files
  Settings train;
  Settings optimizer;
  Settings data;
  Settings output;
  Place train_place = {};  ///< of [train]; line 1 if it is missing
};

/// Complains as bind does.
TrainDocument bind_train(const Table& toml, Complaints& complaints);

/// What each key decides that contradicts another, or is of the other network.
void check_train(const TrainDocument& document, Complaints& complaints);

}  // namespace pia::dsl::internal
