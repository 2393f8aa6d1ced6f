// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <optional>

#include "farm/commands/diagnostics.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/notices.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/run_directory.hpp"
#include "farm/videos.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

struct Tally {
  int made = 0;
  int there = 0;
  int unrendered = 0;
  int troubled = 0;
};

struct ShotToEncode {
  const jobs::PlannedShot& shot;
  const jobs::OutputWishes& output;
  const VideoPlace& place;
};

void encode_shot(const ShotToEncode& task, const storage::ShotStore& store, Tally& tally) {
  const auto& [shot, output, place] = task;
  try {
    const auto result = store.load(shot.id);
    if (!result) {
      ++tally.unrendered;
      return;
    }
    const VideosMade made = make_videos(shot, output, result->clip, place);
    for (const std::string& file : made.files)
      std::printf("%s\n", (place.run_directory + "/" + file).c_str());
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
  const jobs::Plan plan = wanted_or_kept_plan(options.job, surroundings, *files);
  Notices notices;
  // Nobody else writes videos there meanwhile. Where nothing was rendered there is nothing to own.
  std::optional<OwnedRun> run;
  if (files->exists(plan.out)) {
    run.emplace(plan, notices, Claimant{.job = surroundings.place.job, .job_runs = ask_whether_it_runs});
  }
  const VideoPlace place{.run_directory = plan.out, .epoch = run ? run->epoch() : 0};
  const storage::ShotStore store(*files, plan.out);
  Tally tally;
  for (const jobs::PlannedShot& shot : plan.shots) {
    jobs::OutputWishes output = plan.output;
    if (options.which == EncodeOptions::Which::missing) {
      output.formats = lacking_formats(shot, output, plan.out);
    }
    if (output.formats.empty()) {
      ++tally.there;
    } else {
      encode_shot({shot, output, place}, store, tally);
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
