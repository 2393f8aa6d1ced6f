// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// `value` as a list of tables with `id` or `path`, and `weight` and `weight_te` as real numbers where they
/// are written; complains and returns Broken if it is none. `label`: how messages call it.
Value checked_loras(const std::string& label, const Value& value, Complaints& complaints);

}  // namespace pia::dsl::internal
