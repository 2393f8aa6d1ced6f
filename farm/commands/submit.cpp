// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <span>

#include "farm/commands/job.hpp"
#include "farm/commands/run_parts.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/launcher/programs.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/run_rules.hpp"
#include "farm/tenure.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/shell.hpp"
#include "slurm/batch_script.hpp"
#include "slurm/device_check.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using Words = std::vector<std::string>;

constexpr std::chrono::seconds kSbatchPatience{60};

/// The job's words with absolute paths: a batch script may be looked at, and submitted again, anywhere.
Words words_of(const SubmitOptions& options, const Surroundings& here) {
  const JobOptions& job = options.run.job;
  Words words = {absolute_path(job.target, here)};
  const auto add = [&words](const char* flag, const std::string& value) {
    words.emplace_back(flag);
    words.push_back(value);
  };
  if (!job.out.empty()) add("--out", absolute_path(job.out, here));
  const std::string site = job.farm.empty() ? here.site_file : job.farm;
  if (!site.empty()) add("--farm", absolute_path(site, here));
  for (const std::string& set : job.sets) add("--set", set);
  if (job.draft == dsl::JobSource::Draft::yes) words.emplace_back("--draft");
  if (job.rehash == Rehash::yes) words.emplace_back("--rehash");
  if (options.run.workers > 1) add("--workers", std::to_string(options.run.workers));
  if (options.run.renderer != "torch") {
    add("--renderer", options.run.renderer);
    add("--step-seconds", std::to_string(options.run.fake_step_seconds));
  }
  return words;
}

/// Of one flag sbatch takes the last.
Words flags_of(const SubmitOptions& options, const jobs::Site& site) {
  Words flags = site.sbatch;
  if (options.nodes > 0) flags.push_back("--nodes=" + std::to_string(options.nodes));
  if (options.gpus_per_node > 0) flags.push_back("--gpus-per-node=" + std::to_string(options.gpus_per_node));
  if (!options.time.empty()) flags.push_back("--time=" + options.time);
  if (!options.partition.empty()) flags.push_back("--partition=" + options.partition);
  flags.insert(flags.end(), options.sbatch.begin(), options.sbatch.end());
  return flags;
}

/// GPUs asked for by any flag of sbatch count: it knows a dozen ways.
bool asks_for_gpus(const SubmitOptions& options, const jobs::Site& site) {
  return std::ranges::any_of(flags_of(options, site),
                             [](const std::string& flag) { return flag.find("gpu") != std::string::npos; });
}

void refuse_cpus_by_accident(const SubmitOptions& options, const jobs::Site& site) {
  const bool asks = asks_for_gpus(options, site);
  const auto why = slurm::refusal({.built_for_gpus = built_for_gpus(),
                                   .job_has_gpus = asks,
                                   .cluster_has_gpus = built_for_gpus() && !asks && cluster_has_gpus(),
                                   .cpu_asked_for = site.device == jobs::DeviceWish::cpu,
                                   .rehearsal = is_rehearsal(options.run.renderer)},
                                  "pia-farm " + job_words(options.run.job));
  if (why) throw jobs::Error(ExitCode::unavailable, *why);
}

/// What is submitted.
struct Work {
  std::string name;
  std::string out;   ///< the run directory
  std::string size;  ///< in words
};

/// Checks the job as the nodes will see it, as far as that can be known here.
Work check(const SubmitOptions& options, const jobs::Site& site, const Surroundings& here) {
  refuse_cpus_by_accident(options, site);
  if (const auto training = load_training(options.run.job, here)) {
    const dsl::PlannedTraining& planned = require_training(*training, here);
    refuse_namesake_of(options.run.job, planned.out, planned.job_file, here);
    return {.name = planned.training.name,
            .out = planned.out,
            .size = counted(planned.training.steps, "training step")};
  }
  const bool on_gpus =
      built_for_gpus() && site.device != jobs::DeviceWish::cpu && asks_for_gpus(options, site);
  const LoadedJob job = load_job_for(on_gpus ? "cuda" : "cpu", options.run.job, here);
  const jobs::Plan& plan = require_plan(job, here);
  refuse_namesake_of(options.run.job, plan.out, plan.job_file, here);
  require_shots(plan);
  return {.name = plan.job_name,
          .out = plan.out,
          .size = counted(static_cast<std::int64_t>(plan.shots.size()), "shot")};
}

std::string submit_script(const std::string& file) {
  const auto end = run_program({"sbatch", "--parsable", file}, kSbatchPatience);
  if (!end) {
    throw jobs::Error(ExitCode::unavailable,
                      "sbatch can't be run, or does not answer; say this on a login node of the cluster");
  }
  const auto job = slurm::submitted_job(end->output);
  if (end->exit_code == 0 && job) return *job;
  throw jobs::Error(ExitCode::unavailable, "sbatch refused " + file + ": " + printable(end->output));
}

}  // namespace

ExitCode submit(const SubmitOptions& options, const Surroundings& here) {
  if (here.script.empty()) {
    throw jobs::Error(ExitCode::unavailable,
                      "the script pia-farm is not beside pia-farmd; start it as pia-farm submit");
  }
  const jobs::Site site = load_site(options.run.job, here);
  const Work work = check(options, site, here);
  const std::string text = slurm::batch_script({.job_name = work.name,
                                                .program = here.script,
                                                .words = words_of(options, here),
                                                .sbatch = flags_of(options, site)});
  const auto files = storage::make_posix_file_ops();
  const std::string file = work.out + "/submit.sh";
  make_run_directory(*files, work.out);
  storage::replace_file(*files, file, std::as_bytes(std::span(text)), "e0-submit");
  const std::string job = submit_script(file);
  const std::string out = jobs::shell_quoted(shortened_path(work.out, here.working_directory));
  std::printf(
      "Slurm job %s: %s of %s\n"
      "  squeue --job %s             is it waiting, or running?\n"
      "  tail -f pia-farm-%s.out     what it says\n"
      "  %s status %s    what is done; --workers: who is at what\n"
      "  scancel %s                  stop it; submitted again it goes on\n"
      "The report is in %s when it ends.\n",
      job.c_str(), work.size.c_str(), printable(work.name).c_str(), job.c_str(), job.c_str(),
      here.program.c_str(), out.c_str(), job.c_str(), (out + "/report.txt").c_str());
  return ExitCode::all_done;
}

}  // namespace pia::farm
