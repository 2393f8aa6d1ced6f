// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Checks type and range of a value and brings it to one form: a real as double, a seed as its decimal digits
/// or "auto", a magnitude as its word, one root as a list. Broken after a complaint. `label` is what messages
/// call the key ("steps", "axes.steps").
Value checked(const Key& key, const std::string& label, const Value& value, Complaints& complaints);

}  // namespace pia::dsl::internal
