// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/videos.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

/// A job file says what is wanted now; a run directory, or a job file that can't be read any more, what was.
jobs::Plan plan_to_encode(const JobOptions& options, const Surroundings& surroundings,
                          storage::FileOps& files) {
  if (!names_a_folder(options, surroundings)) {
    LoadedJob job = load_job(options, surroundings);
    if (job.compiled.plan) return std::move(*job.compiled.plan);
    print_diagnostics(job.compiled.diagnostics, surroundings);
  }
  const std::string folder = find_run_directory(options, surroundings);
  jobs::Plan plan = require_kept_plan(files, folder);
  plan.out = folder;
  return plan;
}

bool lacks_a_video(storage::FileOps& files, const jobs::Plan& plan, const jobs::PlannedShot& shot) {
  const auto wanted = video_files(shot, plan.output);
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& file) { return !files.exists(plan.out + "/" + file); });
}

struct Tally {
  int made = 0;
  int there = 0;
  int unrendered = 0;
  int troubled = 0;
};

void encode_shot(const jobs::Plan& plan, const jobs::PlannedShot& shot, const storage::ShotStore& store,
                 Tally& tally) {
  try {
    const auto result = store.load(shot.id);
    if (!result) {
      ++tally.unrendered;
      return;
    }
    const VideosMade made = make_videos(shot, plan.output, result->clip, plan.out);
    for (const std::string& file : made.files) std::printf("%s\n", (plan.out + "/" + file).c_str());
    tally.made += static_cast<int>(made.files.size());
    if (made.trouble.empty()) return;
    std::fprintf(stderr, "%s: %s\n", printable(shot.name).c_str(), made.trouble.c_str());
  } catch (const jobs::StorageError& error) {
    std::fprintf(stderr, "%s: %s\n", printable(shot.name).c_str(), error.what());
  }
  ++tally.troubled;
}

}  // namespace

jobs::ExitCode encode(const EncodeOptions& options, const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  const jobs::Plan plan = plan_to_encode(options.job, surroundings, *files);
  const storage::ShotStore store(*files, plan.out);
  Tally tally;
  for (const jobs::PlannedShot& shot : plan.shots) {
    if (options.which == EncodeOptions::Which::missing && !lacks_a_video(*files, plan, shot)) {
      ++tally.there;
    } else {
      encode_shot(plan, shot, store, tally);
    }
  }
  std::fflush(stdout);
  std::fprintf(stderr, "%s made", counted(tally.made, "video").c_str());
  if (tally.there > 0) std::fprintf(stderr, ", %s had theirs", counted(tally.there, "shot").c_str());
  if (tally.unrendered > 0) {
    std::fprintf(stderr, ", %s not rendered yet", counted(tally.unrendered, "shot").c_str());
  }
  std::fprintf(stderr, "\n");
  return tally.troubled > 0 ? jobs::ExitCode::some_failed : jobs::ExitCode::all_done;
}

}  // namespace pia::farm
