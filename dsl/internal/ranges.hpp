// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Whether the key's values can be written as AUTOMATIC1111's ranges.
bool takes_ranges(const Key& key);

/// The values that a string means for a key of numbers, as AUTOMATIC1111's X/Y plot reads it: "1000-1003"
/// (both ends), "1-9 (+2)" (each second), "9-1 (-2)", "1-100 [5]" (five, evenly from end to end, cut to whole
/// numbers where the key wants these), several of them with commas between. For seeds also "auto x4": four
/// that differ. At most 100,000. Nothing if it is not one of these or the key has no ranges, and once the
/// job's ranges have come to too much, which is complained of.
std::optional<List> quiet_range(const Key& key, const Value& value, Complaints& complaints);

/// The same, with a complaint of what is no range, too; `label` is what it calls the key.
std::optional<List> range_of(const Key& key, const std::string& label, const Value& value,
                             Complaints& complaints);

}  // namespace pia::dsl::internal
