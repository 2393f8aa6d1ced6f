// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "dsl/plan_json.hpp"
#include "dsl/training_json.hpp"
#include "farm/commands/find_shot.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/measured.hpp"
#include "farm/commands/plan_diff.hpp"
#include "farm/commands/plan_words.hpp"
#include "farm/commands/shot_list.hpp"
#include "farm/commands/status_facts.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/run_directory.hpp"
#include "farm/training/training_status.hpp"
#include "farm/videos.hpp"

namespace pia::farm {
namespace {

// The shots that --only keeps.
jobs::Plan limited(const dsl::Compiled& compiled) {
  jobs::Plan plan = *compiled.plan;
  if (compiled.only.empty()) return plan;
  const std::set<jobs::ShotId> kept(compiled.only.begin(), compiled.only.end());
  std::erase_if(plan.shots, [&](const jobs::PlannedShot& shot) { return !kept.contains(shot.id); });
  plan.counts.shots = static_cast<std::int64_t>(plan.shots.size());
  return plan;
}

std::string text_of(const LoadedJob& job) {
  const jobs::Plan plan = limited(job.compiled);
  const auto files = storage::make_posix_file_ops();
  const RunState state = read_run_state(*files, plan.out, plan, 0);
  return plan_words({.plan = plan,
                     .compiled = job.compiled,
                     .done = state.done,
                     .pace = measured_pace(*files, plan, job.device),
                     .device = job.device});
}

std::string list_of(const LoadedJob& job) {
  const jobs::Plan plan = limited(job.compiled);
  const auto files = storage::make_posix_file_ops();
  const auto lease = storage::read_lease(*files, plan.out);
  const Held held = is_held(*files, plan.out) ? Held::yes : Held::no;
  return shot_list(plan, read_run_state(*files, plan.out, plan, lease ? lease->epoch : 0), held);
}

// Nothing if it has them all.
std::optional<LackingVideos> lacking_videos(const jobs::Plan& plan, const jobs::PlannedShot& shot) {
  const auto formats = lacking_formats(shot, plan.output, plan.out);
  if (formats.empty()) return std::nullopt;
  const auto is_there = [&](jobs::VideoFormat format) {
    std::error_code error;
    return std::filesystem::exists(plan.out + "/" + video_target(shot, format), error);
  };
  return std::ranges::any_of(formats, is_there) ? LackingVideos::are_outdated : LackingVideos::are_missing;
}

std::string difference(const LoadedJob& job) {
  const jobs::Plan& plan = *job.compiled.plan;
  const auto files = storage::make_posix_file_ops();
  const auto kept = read_plan(*files, plan.out);
  if (!kept) return "no plan is kept in " + plan.out + ": all is new\n";
  const RunState state = read_run_state(*files, plan.out, plan, 0);
  std::map<jobs::ShotId, LackingVideos> lacking;
  for (const jobs::PlannedShot& shot : plan.shots) {
    const auto lacks = state.done.contains(shot.id) ? lacking_videos(plan, shot) : std::nullopt;
    if (lacks) lacking[shot.id] = *lacks;
  }
  PlanDiff diff = plan_diff(*kept, plan);
  diff.videos = new_videos(*kept, plan, lacking);
  return diff_words(diff, state.done);
}

}  // namespace

jobs::ExitCode plan(const PlanOptions& options, const Surroundings& surroundings) {
  if (const auto training = load_training(options.job, surroundings)) {
    const dsl::PlannedTraining& planned = require_training(*training, surroundings);
    const bool as_json = options.form == Form::json;
    const std::string text = as_json ? dsl::training_to_json(planned) : training_plan_text(planned);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return jobs::ExitCode::all_done;
  }
  LoadedJob job = load_job(options.job, surroundings);
  // What nothing renders yet can be looked at all the same.
  const bool is_refused = job.compiled.refused.has_value();
  if (is_refused) std::swap(job.compiled.plan, job.compiled.refused);
  const jobs::Plan& planned = require_plan(job, surroundings);
  std::string text;
  if (!options.explain.empty()) {
    const jobs::PlannedShot& shot = find_shot(planned, options.explain);
    text = explanation(job.compiled, static_cast<std::size_t>(&shot - planned.shots.data()));
  } else if (options.compare == PlanOptions::Compare::with_kept) {
    text = difference(job);
  } else if (options.of == PlanOptions::Of::shots) {
    text = list_of(job);
  } else if (options.form == Form::json) {
    text = dsl::plan_to_json(limited(job.compiled));
    if (!text.ends_with('\n')) text += '\n';
  } else {
    text = text_of(job);
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return is_refused ? jobs::ExitCode::bad_config : jobs::ExitCode::all_done;
}

}  // namespace pia::farm
