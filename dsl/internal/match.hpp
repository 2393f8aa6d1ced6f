// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// Who matches: how messages call it, and whether it may look at names and ids, which exist only after
/// expansion.
struct Matcher {
  enum class Labels { none, name_and_id };
  std::string title = {};  ///< "exclude", "match of [[override]]"
  Labels labels = Labels::none;
};

/// Checks the table of a match. A key that is no shot key is an error; a value that the key can't have is
/// left as it is and matches nothing. Whole numbers may be ranges in a string, anything
/// may be a pattern.
Match bind_match(const Matcher& matcher, const Value& value, Complaints& complaints);

/// --only key=pattern: one match a key, so that all must hold; words for the same key are alternatives.
std::vector<Match> bind_only(const std::vector<std::string>& only, int first_word, Complaints& complaints);

/// Whether `given`, a checked value of the condition's key, is one that it wants. A file is also called by
/// its name, with or without its extension and the end of its folder; tags fit if any of them does.
bool fits(const Condition& condition, const Value& given);

/// Whether something was said against a key that it looks at: then it may match nothing because of that.
bool is_doubted(const Match& match, const Complaints& complaints);

/// Whether a label (a name, an id of 64 digits) is one that the condition wants: a pattern, for ids also the
/// first digits, at least four.
bool fits_label(const Condition& condition, const std::string& label);

/// Whether two values of a key are the same to a user: equal, or two names of one file.
bool same_value(const std::string& key, const Value& a, const Value& b);

}  // namespace pia::dsl::internal
