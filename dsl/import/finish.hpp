// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "dsl/import/import_job.hpp"
#include "dsl/import/imported_job.hpp"
#include "dsl/internal/complaints.hpp"

namespace pia::dsl::internal {

/// The job that `make` returns as a file, or why it threw NotImported. `name`: of a job that has none.
Imported finished(const std::function<ImportedJob()>& make, const std::string& name, Complaints& notes);

}  // namespace pia::dsl::internal
