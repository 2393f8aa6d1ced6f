// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Second pass: a TOML document to a bound one. Complains about each unknown key, each key that is not yet
/// built, and each value of a wrong type or out of range; those are Broken in the result.
Document bind(const Table& toml, Complaints& complaints);

/// The keys of one table that belong to `section`; those in `elsewhere` are left to the caller.
Settings bind_section(Section section, const Table& toml, Complaints& complaints,
                      const std::vector<std::string>& elsewhere = {});

/// Broken values for what `section` needs and only misspelt keys of `toml` give: it is told once what is
/// wrong.
void stand_in(Section section, const Table& toml, Settings& settings);

/// The same of the table that `entry` must be.
Settings bind_named(Section section, const Entry& entry, Complaints& complaints);

/// As stand_in, for all keys of a table that was complained about as a whole; what seems to follow from the
/// lack of its values is not worth a word.
void stand_in_for_lost(const Table& lost, Settings& settings, Complaints& complaints);

/// Complains unless `format = 1` is there.
void bind_format(const Table& toml, Complaints& complaints);

/// What to say of a key that `section` does not have.
std::string unknown_key(Section section, const std::string& name);

/// Whether an entry of a [[grid]] would be axes if it were written as these are: axes or pairs by another
/// name, or several values or a pattern for a shot key, by whatever name. It is complained about as such.
bool is_axis_by_mistake(const Entry& entry);

/// Whether an entry of a [[grid]] is axes or pairs by another name.
bool are_axes_misspelt(const Entry& entry);

/// Built-in values of the keys of a section.
Settings initial_values(Section section);

/// The table that `value` must be; nullptr after a complaint.
const Table* bind_table(const std::string& name, const Value& value, Complaints& complaints);

}  // namespace pia::dsl::internal
