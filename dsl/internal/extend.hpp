// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dsl/catalog.hpp"
#include "dsl/internal/complaints.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Where the job file is, and what answers for the files that it extends.
struct Extending {
  const std::string& path;  ///< absolute, of the job file
  const std::string& working_directory;
  const Catalog& catalog;
};

struct Extended {
  Table toml;
  std::vector<std::string> files;  ///< absolute paths by number, the job file first
};

/// Puts `toml` over the file that its `extends` names, and that one over its own, and so on, at most 16 deep:
/// tables merge key by key, everything else replaces. A relative path starts at the file that says it. A file
/// that is not there, is no TOML or extends itself is an error at its `extends`; nothing then.
std::optional<Extended> extended(Table toml, const Extending& with, Complaints& complaints);

}  // namespace pia::dsl::internal
