// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/report/words.hpp"
#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// Writes status.tsv, report.txt, report.html and the gallery of a run directory anew, from its journal;
/// `plan.out` is that directory. To be called under its lease: a later epoch writes them itself. Returns an
/// empty text, or why that can't be done.
std::string write_report(storage::FileOps& files, const jobs::Plan& plan, const ReportWords& words,
                         const ReportMoment& moment);

/// Writes gallery/index.html and its pages into the run directory `plan.out`, which shows the clips that
/// `facts`, of the same plan, says are done. Needs no lease: `tag` begins with "e<epoch>" and is the writer's
/// own. Returns the path of the first page. Throws jobs::StorageError.
std::string write_gallery(storage::FileOps& files, const jobs::Plan& plan, const RunFacts& facts,
                          const std::string& tag);

}  // namespace pia::farm
