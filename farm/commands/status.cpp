// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <unordered_set>

#include "farm/clocks.hpp"
#include "farm/commands/find_shot.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/status_facts.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/report/words.hpp"
#include "farm/run_history.hpp"
#include "farm/training/training_files.hpp"
#include "farm/training/training_status.hpp"
#include "farm/videos.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

bool holds(const jobs::Plan& plan, const jobs::ShotId& shot) {
  return std::ranges::any_of(plan.shots, [&](const jobs::PlannedShot& one) { return one.id == shot; });
}

std::int64_t shots_beyond(const jobs::Plan& plan, const jobs::Plan& other) {
  std::unordered_set<jobs::Digest> known;
  for (const jobs::PlannedShot& shot : other.shots) known.insert(shot.id.digest);
  return std::ranges::count_if(
      plan.shots, [&](const jobs::PlannedShot& shot) { return !known.contains(shot.id.digest); });
}

/// Of a run on GPUs, looked at from elsewhere, no shot has the id that it would have here.
bool can_be_compared(const jobs::Plan& last, const FoundRun& found) {
  return found.wanted && !last.shots.empty() && !found.wanted->shots.empty() &&
         last.shots.front().shot.dtype == found.wanted->shots.front().shot.dtype;
}

/// A line of what the job file asks for that the last run was not for; empty if that is all the same.
std::string edits_text(const jobs::Plan& last, const FoundRun& found, const std::string& job) {
  if (!can_be_compared(last, found)) return "";
  const std::int64_t added = shots_beyond(*found.wanted, last);
  const std::int64_t gone = shots_beyond(last, *found.wanted);
  if (added + gone == 0) return "";
  return job + " asks for other shots than the last run: " + std::to_string(added) + " new, " +
         std::to_string(gone) + " no longer wanted (plan --diff lists them)\n";
}

/// Throws jobs::Error(bad_usage) if the last run was not for such a shot.
const jobs::PlannedShot& find_last(const jobs::Plan& last, const FoundRun& found,
                                   const StatusOptions& options) {
  try {
    return find_shot(last, options.why);
  } catch (const jobs::Error&) {
    if (!can_be_compared(last, found)) throw;
    const jobs::PlannedShot& wanted = find_shot(*found.wanted, options.why);
    if (holds(last, wanted.id)) throw;
    throw jobs::Error(jobs::ExitCode::bad_usage, "\"" + options.why + "\" is new in " + options.job.target +
                                                     " since the last run; the next one renders it");
  }
}

/// What the journal alone tells: of workers, or of one shot.
jobs::ExitCode tell_by_journal(const StatusOptions& options, const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  const FoundRun found = find_run(options.job, surroundings);
  const std::string& folder = found.folder;
  jobs::Plan plan = require_kept_plan(*files, folder);
  plan.out = folder;
  const storage::Replay replay = storage::replay(*files, folder);
  std::vector<std::string> complaints = sentences(replay.complaints);
  const RunHistory history = fold(replay.records, complaints);
  RunFacts facts = facts_of(plan, replay.records);
  const ReportWords words{
      .program = surroundings.program,
      .render_flags = renderer_words(history.renderer, history.fake_step_seconds.value_or(kFakeStepSeconds)),
      .job_words = job_words(options.job),
      .when = local_time};
  const double now = is_held(*files, folder) ? wall_seconds() : 0;
  if (options.why.empty()) {
    print(workers_text(facts, words, now));
  } else {
    const jobs::PlannedShot& wanted = find_last(plan, found, options);
    const auto shot = std::ranges::find(facts.shots, wanted.id, &ShotFacts::id);
    for (const std::string& file : video_files(wanted, plan.output)) {
      const std::string path = folder + "/" + file;
      if (files->exists(path)) shot->videos.push_back(shortened_path(path, surroundings.working_directory));
    }
    print(why_text(facts, *shot, words, now));
  }
  for (const std::string& complaint : complaints) std::fprintf(stderr, "%s\n", complaint.c_str());
  return jobs::ExitCode::all_done;
}

}  // namespace

jobs::ExitCode status(const StatusOptions& options, const Surroundings& surroundings) {
  if (options.of == StatusOptions::Of::workers || !options.why.empty())
    return tell_by_journal(options, surroundings);
  const auto files = storage::make_posix_file_ops();
  const FoundRun run = find_run(options.job, surroundings);
  const std::string& folder = run.folder;
  if (files->exists(training_file(folder))) {
    const TrainingStatus training = read_training_status(*files, folder);
    print(options.form == Form::json ? training_status_json(training) : training_status_text(training));
    return jobs::ExitCode::all_done;
  }
  RunStatus found = read_status(*files, folder);
  print(options.form == Form::json ? status_json(found)
                                   : status_text(found, {surroundings.program, job_words(options.job)}) +
                                         edits_text(found.plan, run, printable(options.job.target)));
  for (const std::string& complaint : found.complaints) std::fprintf(stderr, "%s\n", complaint.c_str());
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
