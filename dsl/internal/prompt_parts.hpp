// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/internal/resolve.hpp"

namespace pia::dsl::internal {

/// A piece of a prompt's text, its templates drawn, and where it was written.
struct PromptPart {
  std::string text = {};
  std::string label = {};  ///< what it is the value of, such as prompt_prefix
  Place place = {};
};

/// Joined with ", ", without doubling commas that are there.
std::string joined(const std::vector<std::string>& parts);
std::string joined(const std::vector<PromptPart>& parts);

/// Warns of a bracket in `text`, which `parts` came to, that nothing closes though something is behind it: at
/// the part that it stands in, with the file and line of a wildcard that it was drawn from. Once a place.
void warn_of_open_bracket(const std::string& text, const std::vector<PromptPart>& parts, Resolving& with);

}  // namespace pia::dsl::internal
