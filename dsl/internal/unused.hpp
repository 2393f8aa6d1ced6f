// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"
#include "dsl/internal/files.hpp"

namespace pia::dsl::internal {

/// What decided something: values, and ids of [prompts].
struct Used {
  const std::set<const Value*>& values;
  const std::set<std::string>& prompts;
  const std::map<Place, double>& guided;  ///< written negative prompts: the highest guidance_scale they met
};

/// Warns about what was written and changed nothing: assets that no shot names, and keys that decided nothing
/// (`used` are those that did), negative prompts without guidance too. Keys that --set overrules are left
/// alone.
void warn_unused(const Document& document, const Files& files, const Used& used, Complaints& complaints);

}  // namespace pia::dsl::internal
