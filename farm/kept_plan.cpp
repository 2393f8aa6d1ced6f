// SPDX-License-Identifier: Apache-2.0
#include "dsl/plan_json.hpp"
#include "farm/run_directory.hpp"
#include "farm/run_files.hpp"

namespace pia::farm {

std::optional<jobs::Plan> read_plan(storage::FileOps& files, const std::string& run_directory) {
  if (!files.exists(plan_file(run_directory))) return std::nullopt;
  const auto bytes = files.read(plan_file(run_directory));
  return dsl::plan_from_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace pia::farm
