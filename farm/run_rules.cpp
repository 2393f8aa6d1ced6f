// SPDX-License-Identifier: Apache-2.0
#include "farm/run_rules.hpp"

#include <algorithm>
#include <set>

#include "jobs/core/error.hpp"

namespace pia::farm {

bool is_rehearsal(const std::string& renderer) {
  return renderer.rfind("fake", 0) == 0;
}

std::string device_kind(const std::string& renderer, const std::string& device) {
  return is_rehearsal(renderer) ? "fake" : device;
}

std::optional<std::string> digest_file_for(const std::string& renderer, const std::string& digest_file) {
  if (is_rehearsal(renderer)) return std::nullopt;
  return digest_file.empty() ? "/dev/null" : digest_file;
}

std::optional<Scratch> scratch_of_node(
    const std::string& wish, Reach reach, const std::string& renderer,
    const std::function<std::optional<std::string>(const std::string&)>& variable) {
  const bool asked = wish != jobs::Site{}.scratch;
  if (!asked && (reach == Reach::one_machine || is_rehearsal(renderer))) return std::nullopt;
  std::string folder = wish;
  if (!wish.empty() && wish.front() == '$') {
    const std::size_t end = std::min(wish.find('/'), wish.size());
    auto value = asked ? std::nullopt : variable("SLURM_TMPDIR");
    if (!value) value = variable(wish.substr(1, end - 1));
    if (!value || value->empty()) return std::nullopt;
    folder = *value + wish.substr(end);
  }
  if (folder.empty() || folder.front() != '/') return std::nullopt;
  return Scratch{.folder = folder, .stage = asked ? Stage::all : Stage::what_is_shared};
}

void refuse_to_mix(const std::string& device_there, const std::string& run_directory,
                   const std::string& renderer) {
  if (device_there.empty() || (device_there == "fake") == is_rehearsal(renderer)) return;
  throw jobs::Error(jobs::ExitCode::bad_config,
                    run_directory +
                        (device_there == "fake" ? " holds a rehearsal (--renderer=fake)"
                                                : " holds real renders, not a rehearsal") +
                        "; give this run another folder with --out");
}

jobs::Plan limited(const jobs::Plan& whole, const std::vector<jobs::ShotId>& only) {
  jobs::Plan plan = whole;
  if (only.empty()) return plan;
  const std::set<jobs::ShotId> chosen(only.begin(), only.end());
  std::erase_if(plan.shots, [&](const jobs::PlannedShot& shot) { return !chosen.contains(shot.id); });
  return plan;
}

Threads threads_a_worker(const RunHistory& history, const jobs::Site& site, int cores_a_worker) {
  const int wanted = site.threads > 0 ? site.threads : std::max(1, cores_a_worker);
  if (!history.threads || *history.threads == wanted) return {wanted};
  const std::string fixed = std::to_string(*history.threads);
  return {*history.threads, "a worker has " + fixed + " CPU thread" + (*history.threads == 1 ? "" : "s") +
                                " here, not " + std::to_string(wanted) +
                                ": the first start in this run directory had so many, and with another "
                                "number the same shot would not be the same bytes; for another number give "
                                "the run a folder of its own with --out"};
}

// Without a GPU a single step of a real model at full size takes minutes.
scheduler::Policy policy_of(int attempts, const std::string& device) {
  scheduler::Policy policy{.max_attempts = attempts};
  if (device == "cpu") policy.loading_silence = std::chrono::hours(2);
  return policy;
}

jobs::ExitCode exit_code(const Summary& summary) {
  if (!summary.trouble.empty()) return jobs::ExitCode::unavailable;
  if (summary.left() > 0) return jobs::ExitCode::run_again;
  // A video that can't be made would have a script run the job again for ever.
  const bool all_well = summary.failures.empty() && summary.video_troubles.empty();
  return all_well ? jobs::ExitCode::all_done : jobs::ExitCode::some_failed;
}

RunFinished end_of(const Summary& summary) {
  std::string trouble = summary.trouble;
  if (trouble.empty() && summary.left() == 0 && !summary.video_troubles.empty())
    trouble = summary.video_troubles.front();
  // What stopped because of trouble is to be started again, not to be left alone.
  const bool asked = summary.drained && summary.trouble.empty();
  return {.code = exit_code(summary), .drained = asked, .trouble = trouble};
}

}  // namespace pia::farm
