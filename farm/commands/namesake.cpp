// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/namesake.hpp"

#include <filesystem>

#include "farm/run_directory.hpp"
#include "farm/training/training_files.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

/// The job file that a run directory was made from; empty if nothing tells, or if it was made elsewhere and
/// copied here with its job file.
std::string maker_of(const std::string& run_directory) {
  const auto files = storage::make_posix_file_ops();
  std::error_code error;
  try {
    if (const auto training = read_training(*files, run_directory)) {
      return fs::equivalent(training->out, run_directory, error) ? training->job_file : "";
    }
    const auto plan = read_plan(*files, run_directory);
    return plan && fs::equivalent(plan->out, run_directory, error) ? plan->job_file : "";
  } catch (const jobs::Error&) {
    // Who needs what is kept there says what is wrong with it.
    return "";
  }
}

/// In doubt it is the same.
bool is_another_file(const std::string& path, const std::string& than) {
  std::error_code error;
  if (path == than || !fs::exists(path, error)) return false;
  const bool is_same = fs::equivalent(path, than, error);
  return !error && !is_same;
}

}  // namespace

void refuse_namesake(const std::string& run_directory, const std::string& job_file,
                     const Surroundings& surroundings) {
  const std::string maker = maker_of(run_directory);
  // Under another name it may well be a later version of the same job, which its author calls by one name.
  if (fs::path(maker).filename() != fs::path(job_file).filename() || !is_another_file(maker, job_file))
    return;
  throw jobs::Error(jobs::ExitCode::bad_config,
                    shortened_path(run_directory, surroundings.working_directory) + " holds the job " +
                        printable(maker) +
                        ", which is called the same; give this one a [job] name of its own, or another "
                        "folder with --out or [job] out");
}

}  // namespace pia::farm
