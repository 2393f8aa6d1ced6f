// SPDX-License-Identifier: Apache-2.0
#include "farm/child/planned_files.hpp"
#include "farm/clocks.hpp"
#include "farm/commands/find_shot.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/commands/verbs.hpp"
#include "jobs/core/error.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

/// A kept plan may be older than what it was made of.
void require_its_files(const jobs::Plan& plan, const jobs::PlannedShot& shot, const RenderOptions& options,
                       const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  if (storage::ShotStore(*files, plan.out).size(shot.id)) return;
  DigestCache digests(
      {.file = surroundings.digest_file, .rehash = options.run.job.rehash, .wall_clock_ns = wall_clock_ns});
  check_models(shot.shot, digests);
  const jobs::FileRef& image = shot.shot.image;
  if (digests.digest(image.path) == image.digest) return;
  throw changed_since_planned(image.path);
}

jobs::ExitCode render_one(const RunParts& parts, const RunOptions& options, const Surroundings& here) {
  // Patterns are repeated as they were given, in run_flags.
  const auto only = options.job.only.empty() ? std::optional(parts.only.front()) : std::nullopt;
  return with_display({.options = options, .only = only}, here,
                      [&](Watcher& watcher) { return run_plan(parts, options, here, watcher); });
}

}  // namespace

jobs::ExitCode render(const RenderOptions& options, const Surroundings& surroundings) {
  const JobOptions& wish = options.run.job;
  if (names_a_folder(wish, surroundings) && wish.sets.empty()) {
    const std::string folder = find_run_directory(wish, surroundings);
    jobs::Plan plan = require_kept_plan(*storage::make_posix_file_ops(), folder);
    plan.out = folder;
    const jobs::Site site = load_site(wish, surroundings);
    const jobs::PlannedShot& shot = find_shot(plan, options.shot);
    require_its_files(plan, shot, options, surroundings);
    return render_one({.plan = plan, .site = site, .device = device_of(site), .only = {shot.id}}, options.run,
                      surroundings);
  }
  const LoadedJob job = load_job(wish, surroundings);
  const jobs::Plan& plan = require_plan(job, surroundings);
  return render_one(
      {.plan = plan, .site = job.site, .device = job.device, .only = {find_shot(plan, options.shot).id}},
      options.run, surroundings);
}

}  // namespace pia::farm
