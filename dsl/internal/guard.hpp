// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

struct Guarded {
  Place place;
  std::string sentence;
};

/// What must not reach the TOML parser: bytes that are not UTF-8, zero bytes, and keys of more than 16 parts,
/// each of which would nest the document (and the parser's stack) one deeper.
std::optional<Guarded> find_guarded(const std::string& text);

}  // namespace pia::dsl::internal
