// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// A [[grid]]: its own keys, its shot keys, and its axes, which `expand` multiplies. `number`: from 1; an
/// unnamed grid is called "grid-<number>".
Block bind_grid(const Place& place, const Table& toml, int number, Complaints& complaints);

}  // namespace pia::dsl::internal
