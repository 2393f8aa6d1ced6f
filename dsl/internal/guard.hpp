// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Line and column, both from 1, of the byte at `offset`.
Place place_at(std::string_view text, std::size_t offset);

struct Guarded {
  Place place;
  std::string sentence;
};

/// What must not reach the TOML parser: bytes that are not UTF-8, zero bytes, keys of more than 16 parts, and
/// more than 16 brackets inside each other. Each part and each bracket nests the document (and the stack of
/// whoever walks it) one deeper, so that is at most 17 x 16 deep.
std::optional<Guarded> find_guarded(const std::string& text);

}  // namespace pia::dsl::internal
