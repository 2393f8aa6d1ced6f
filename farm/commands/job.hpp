// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dsl/job_file.hpp"
#include "dsl/training_file.hpp"
#include "farm/commands/diagnostics.hpp"
#include "farm/commands/options.hpp"
#include "farm/commands/surroundings.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// A job file, read against this machine.
struct LoadedJob {
  dsl::Compiled compiled;
  jobs::Site site;
  std::string device;      ///< "cpu" or "cuda"
  std::string shown_name;  ///< of the job file, as messages call it
  /// What nobody has to mend: a line a model of the plan that holds tensors for which there is no use.
  std::vector<std::string> notes = {};
};

/// Reads the site file and the job file that `options` name (a run directory stands for its job file, and for
/// `--out`). Complaints about the job are in `compiled`. Throws jobs::Error: no such file, a bad site file, a
/// device that is wished for and not there, a dtype that the device can't have.
LoadedJob load_job(const JobOptions& options, const Surroundings& surroundings);

/// A job file with kind = "train", read against this machine.
struct LoadedTraining {
  dsl::CompiledTraining compiled;
  jobs::Site site;
  std::string shown_name;  ///< of the job file, as messages call it
  std::string text;        ///< of the job file
};

/// Whether `options` name a training; false, too, for what can't be read.
bool names_a_training(const JobOptions& options, const Surroundings& surroundings);

/// Nothing if `options` name a job that renders. Complaints are in `compiled`. Throws as load_job.
std::optional<LoadedTraining> load_training(const JobOptions& options, const Surroundings& surroundings);

/// Prints all complaints to stderr and throws jobs::Error(bad_config) if there is no training.
const dsl::PlannedTraining& require_training(const LoadedTraining& job, const Surroundings& surroundings);

/// The same for another machine that has this device.
LoadedJob load_job_for(const std::string& device, const JobOptions& options,
                       const Surroundings& surroundings);

/// The site, apart from any job. Throws as load_job.
jobs::Site load_site(const JobOptions& options, const Surroundings& surroundings);
std::string device_of(const jobs::Site& site);

/// Whether this build can render on GPUs at all.
bool built_for_gpus();

/// Prints all complaints to stderr and throws jobs::Error(bad_config) if there is no plan.
const jobs::Plan& require_plan(const LoadedJob& job, const Surroundings& surroundings);

/// The same, printing nothing.
const jobs::Plan& planned(const LoadedJob& job);

/// load_job, then require_plan of what was not told before.
LoadedJob load_plan(const JobOptions& options, const Surroundings& surroundings, Told& told);

/// A run directory, absolute, and what its job asks for now, if a job file was named and has no errors.
struct FoundRun {
  std::string folder;
  std::optional<jobs::Plan> wanted = {};
};

/// The run that `options` name. Of a job file its directory is worked out from the file, even if its pictures
/// or models are gone. Throws jobs::Error if there is no such thing.
FoundRun find_run(const JobOptions& options, const Surroundings& surroundings);

/// Its directory alone.
std::string find_run_directory(const JobOptions& options, const Surroundings& surroundings);

/// The plan kept in a run directory. Throws jobs::Error if there is none.
jobs::Plan require_kept_plan(storage::FileOps& files, const std::string& run_directory);

/// What is wanted now, of a job file; of a run directory, or a job file that can't be read any more, what was
/// wanted last. Complaints about the job file are printed. Throws jobs::Error if there is neither.
jobs::Plan wanted_or_kept_plan(const JobOptions& options, const Surroundings& surroundings,
                               storage::FileOps& files);

/// Whether `options` name a folder.
bool names_a_folder(const JobOptions& options, const Surroundings& surroundings);

/// refuse_namesake, where `options` leave it to the job file which run directory it is.
void refuse_namesake_of(const JobOptions& options, const std::string& run_directory,
                        const std::string& job_file, const Surroundings& surroundings);

/// The flags and the job as a user would type them after a verb, so that a repeated command means the same.
std::string job_words(const JobOptions& options);

/// The flags of `run` and `render` that make this renderer work as it did: "" for the real one, else such as
/// "--renderer fake:crash@3 --step-seconds 0.5 ", ready for a shell, with a space at the end.
std::string renderer_words(const std::string& renderer, double fake_step_seconds);

}  // namespace pia::farm
