// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <optional>

#include "farm/commands/job.hpp"
#include "farm/commands/notices.hpp"
#include "farm/commands/unplanned.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/run_directory.hpp"
#include "farm/run_loop.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "storage/lease.hpp"

namespace pia::farm {
namespace {

void keep_also(jobs::Plan& keep, const jobs::Plan& other) {
  keep.shots.insert(keep.shots.end(), other.shots.begin(), other.shots.end());
  for (const jobs::VideoFormat format : other.output.formats) {
    if (std::ranges::find(keep.output.formats, format) == keep.output.formats.end())
      keep.output.formats.push_back(format);
  }
}

/// What the job file asks for now, in full and as a draft, and what the last run was for: nobody loses a
/// night to a draft, to an edit that is not over, or to a plan that can't be read.
jobs::Plan plan_to_keep(const JobOptions& options, const Surroundings& surroundings,
                        storage::FileOps& files) {
  const std::string folder = find_run_directory(options, surroundings);
  jobs::Plan keep = require_kept_plan(files, folder);
  keep.out = folder;
  Told told;
  for (const auto draft : {dsl::JobSource::Draft::no, dsl::JobSource::Draft::yes}) {
    JobOptions as_written = options;
    as_written.draft = draft;
    const LoadedJob job = load_plan(as_written, surroundings, told);
    const jobs::Plan& wanted = planned(job);
    if (wanted.shots.empty()) {
      throw jobs::Error(jobs::ExitCode::bad_config,
                        job.shown_name +
                            " asks for no shot, so all that was rendered would be "
                            "unplanned; remove the run directory if you mean that");
    }
    keep_also(keep, wanted);
  }
  return keep;
}

/// Throws storage::FencedOff as soon as another process has the run directory.
void remove_all(const std::vector<Unplanned>& found, OwnedRun& run, const std::string& folder,
                Watcher& watcher) {
  SlowBeat beat([&] { run.beat(watcher); });
  for (const Unplanned& one : found) {
    beat.time_goes_by();
    storage::check_epoch(run.files(), folder, run.epoch());
    remove_unplanned(run.files(), folder, one);
  }
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
  Notices notices;
  std::optional<OwnedRun> run;
  if (options.act == GcOptions::Act::remove) {
    run.emplace(plan, notices, Claimant{.job = surroundings.place.job, .job_runs = ask_whether_it_runs});
  }
  const std::vector<Unplanned> found = find_unplanned(*files, plan);
  show(found);
  if (found.empty()) {
    std::printf("nothing there is unplanned\n");
  } else if (run) {
    remove_all(found, *run, plan.out, notices);
    std::printf("removed: %s\n", sum_of(found).c_str());
  } else {
    std::printf("%s; remove them with: %s gc --yes %s\n", sum_of(found).c_str(), surroundings.program.c_str(),
                job_words(options.job).c_str());
  }
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
