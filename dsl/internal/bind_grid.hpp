// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// What a grid has if it says nothing.
struct GridDefaults {
  std::string name;
  std::int64_t limit = 0;
};

/// A [[grid]]: its own keys, its shot keys, and its axes, which `expand` multiplies.
Block bind_grid(const Place& place, const Table& toml, const GridDefaults& defaults, Complaints& complaints);

}  // namespace pia::dsl::internal
