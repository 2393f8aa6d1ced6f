// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"

namespace pia::dsl::internal {

struct Option;

/// {least-most$$separator$$options}; one option is drawn if nothing is said.
struct Choice {
  std::size_t least = 1;
  std::size_t most = 1;
  std::string separator = ", ";
  std::vector<Option> options;
  std::string written = {};  ///< with its braces, as it is in the text; empty within another choice
};

struct WildcardName {
  std::string name;
};

/// A piece of a template: text as it was written (escapes kept), a wildcard's name, or a choice.
using Piece = std::variant<std::string, WildcardName, Choice>;
using Pieces = std::vector<Piece>;

struct Option {
  double weight = 1;
  Pieces pieces = {};
};

/// Reads a template in time linear in its length. Trouble: a choice that is not closed, nested more than 16
/// deep, with a number that is none or weights that are all 0.
std::variant<Pieces, Trouble> parse_template(std::string_view text);

/// `text` without the backslashes that keep { } | _ literal.
std::string without_escapes(std::string_view text);

}  // namespace pia::dsl::internal
