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

/// What must not reach the TOML parser: bytes that are not UTF-8, zero bytes, keys of more than 16 parts, and
/// more than 16 brackets inside each other. Each part and each bracket nests the document (and the stack of
/// whoever walks it) one deeper, so that is at most 17 x 16 deep.
std::optional<Guarded> find_guarded(const std::string& text);

}  // namespace pia::dsl::internal
