// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/report/words.hpp"
#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// Writes report.txt and report.html of a run directory anew, from its journal alone; `plan.out` is that
/// directory. Returns an empty text, or why that can't be done: no run fails for want of a report.
std::string write_report(storage::FileOps& files, const jobs::Plan& plan, const ReportWords& words);

}  // namespace pia::farm
