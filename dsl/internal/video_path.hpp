// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"

namespace pia::dsl::internal {

/// What a pattern's keys stand for in one shot: "grid", "image", "model", "prompt", "mode", "magnitude",
/// "seed", "id8", "name". Each is one part of a path, or empty.
using PathWords = std::map<std::string, std::string, std::less<>>;

/// [output] path: literal text and {keys}, parts separated by '/'.
class PathPattern {
 public:
  /// Trouble: a key that there is none of, a brace that is not closed, a part that is empty or begins with a
  /// dot, a backslash.
  static std::variant<PathPattern, Trouble> parse(const std::string& text);

  /// A relative path without extension: parts that come to nothing are left out, long ones are cut to 150
  /// bytes, an extension of a video at the end is dropped. Never empty.
  std::string filled(const PathWords& words) const;

 private:
  struct Piece {
    std::string text;  ///< literal, or a key
    bool is_key = false;
  };
  std::vector<std::vector<Piece>> parts_;
};

}  // namespace pia::dsl::internal
