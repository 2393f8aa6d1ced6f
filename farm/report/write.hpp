// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/report/words.hpp"
#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// Writes status.tsv, report.txt and report.html of a run directory anew, from its journal alone; `plan.out`
/// is that directory. To be called under its lease: a later epoch writes them itself. Returns an empty text,
/// or why that can't be done.
std::string write_report(storage::FileOps& files, const jobs::Plan& plan, const ReportWords& words,
                         const ReportMoment& moment);

}  // namespace pia::farm
