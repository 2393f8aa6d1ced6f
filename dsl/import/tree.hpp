// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Why nothing can be imported; thrown by the importers, caught in import_job.cpp.
struct NotImported {
  Place place;
  std::string sentence;
};

/// Throws NotImported for what must not reach a parser: more than 1 MiB, bytes that are not UTF-8, zero
/// bytes.
void check_text(const std::string& text, int file);

/// Builds a tree from a parser's events, so that no input makes it deep or large: at most 32 levels and
/// 10,000 values, no key twice in a table. Throws NotImported.
class TreeBuilder {
 public:
  void begin_list(const Place& place);
  void begin_table(const Place& place);
  void end();
  void key(const std::string& text, const Place& place);
  void value(Value value);
  /// A value, or the key of the open table if it has none yet: how YAML tells them.
  void value_or_key(const std::string& text, Value value);

  /// What was built; Broken if that was nothing.
  Value take() { return std::move(root_); }

 private:
  struct Open {
    Value value;
    std::string key = {};
    Place key_place = {};
    bool has_key = false;
  };
  void open(Value value);
  void add(Value value);

  std::vector<Open> open_;
  Value root_ = {.data = Broken{}, .place = {}};
  std::size_t count_ = 0;
};

/// YAML 1.1 as PyYAML reads it, the first document only: plain scalars become bools and numbers, whole
/// numbers beyond 64 bits with a sign stay texts, null is Broken. Aliases are refused. Places are in file
/// `file`.
Value read_yaml(const std::string& text, int file);

/// JSON; comments (# and //) and trailing commas, which people leave in, are read over. null is Broken.
Value read_json(const std::string& text, int file);

}  // namespace pia::dsl::internal
