// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// An exclude that removes nothing.
struct IdleExclude {
  const Block* block = nullptr;
  std::size_t number = 0;
};

/// Warns of excludes that remove nothing, unless errors may be why: which axis has no such value, and what it
/// has.
void warn_of_idle(const std::vector<IdleExclude>& excludes, Complaints& complaints);

}  // namespace pia::dsl::internal
