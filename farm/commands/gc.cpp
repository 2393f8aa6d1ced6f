// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <optional>

#include "farm/commands/job.hpp"
#include "farm/commands/notices.hpp"
#include "farm/commands/unplanned.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/run_directory.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

/// A job file says what is wanted now, a run directory what was.
jobs::Plan plan_to_keep(const JobOptions& options, const Surroundings& surroundings,
                        storage::FileOps& files) {
  if (!names_a_folder(options, surroundings)) {
    const LoadedJob job = load_job(options, surroundings);
    return require_plan(job, surroundings);
  }
  const std::string folder = find_run_directory(options, surroundings);
  jobs::Plan plan = require_kept_plan(files, folder);
  plan.out = folder;
  return plan;
}

void show(const std::vector<Unplanned>& found) {
  std::string_view kind;
  for (const Unplanned& one : found) {
    if (one.kind != kind) std::printf("%s that are no longer planned\n", std::string(one.kind).c_str());
    kind = one.kind;
    std::printf("  %s  %s\n", printable(one.path).c_str(),
                size_words(static_cast<double>(one.bytes)).c_str());
  }
}

std::string sum_of(const std::vector<Unplanned>& found) {
  std::uint64_t bytes = 0;
  std::int64_t files = 0;
  for (const Unplanned& one : found) {
    bytes += one.bytes;
    files += static_cast<std::int64_t>(one.files.size());
  }
  return counted(files, "file") + ", " + size_words(static_cast<double>(bytes));
}

}  // namespace

jobs::ExitCode gc(const GcOptions& options, const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  const jobs::Plan plan = plan_to_keep(options.job, surroundings, *files);
  if (!files->exists(plan.out)) {
    std::printf("%s is not there: nothing was rendered yet\n", printable(plan.out).c_str());
    return jobs::ExitCode::all_done;
  }
  Notices notices;
  std::optional<OwnedRun> run;
  if (options.act == GcOptions::Act::remove) {
    run.emplace(plan, notices, Claimant{.job = surroundings.place.job, .job_runs = ask_whether_it_runs});
    run->adopt(plan);
  }
  const std::vector<Unplanned> found = find_unplanned(*files, plan);
  show(found);
  if (found.empty()) {
    std::printf("nothing there is unplanned\n");
  } else if (run) {
    for (const Unplanned& one : found) remove_unplanned(*files, plan.out, one);
    std::printf("removed: %s\n", sum_of(found).c_str());
  } else {
    std::printf("%s; remove them with: %s gc --yes %s\n", sum_of(found).c_str(), surroundings.program.c_str(),
                job_words(options.job).c_str());
  }
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
