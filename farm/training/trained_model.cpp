// SPDX-License-Identifier: Apache-2.0
#include "farm/training/trained_model.hpp"

#include <fcntl.h>
#include <stdio.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "dsl/training_json.hpp"
#include "farm/training/training_files.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

std::string mark_of(const std::string& folder) {
  return training_file(folder);
}

void remove_folder(const std::string& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

/// Puts `made` where `place` is, so that at every moment there is a whole model or none.
void publish(storage::FileOps& files, const std::string& made, const std::string& place) {
  if (!files.exists(place)) {
    files.rename(made, place);
  } else if (renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) != 0) {
    // Some network disks can't exchange; then there is a moment without a model.
    if (errno != EINVAL && errno != ENOSYS) {
      throw jobs::StorageError(place + " can't be replaced: " + std::strerror(errno) + "; run again", errno);
    }
    remove_folder(place);
    files.rename(made, place);
  }
  files.sync_folder(fs::path(place).parent_path().string());
}

// A model may go anywhere; one that goes into the run directory must not make that a second time.
void make_parent(const TrainingRun& run, const std::string& place) {
  const std::string parent = fs::path(place).parent_path().string();
  if ((parent + "/").starts_with(run.planned.out + "/")) {
    run.files.make_folders_within(run.planned.out, parent);
  } else {
    run.files.make_folders(parent);
  }
}

}  // namespace

void require_replaceable(storage::FileOps& files, const std::string& folder) {
  std::error_code ignored;
  const bool leads_nowhere = fs::is_symlink(folder, ignored) && !files.exists(folder);
  if (!files.exists(folder) && !leads_nowhere) return;
  const bool is_folder = fs::is_directory(folder, ignored);
  if (is_folder && (files.exists(mark_of(folder)) || files.list(folder).empty())) return;
  throw jobs::Error(
      jobs::ExitCode::bad_config,
      folder + (is_folder ? " is there and holds what no training made" : " is there, and no folder") +
          "; move it away, or name another folder as output.model, and run again");
}

void write_trained_model(const TrainingRun& run) {
  const std::string& place = run.planned.training.output;
  const std::string made = place + ".e" + std::to_string(run.epoch) + ".tmp";
  const std::string tag = "e" + std::to_string(run.epoch);
  require_replaceable(run.files, place);
  make_parent(run, place);
  remove_folder(made);
  run.trainer.write_model(made);
  run.files.make_folders(made);
  const std::string job = text_of(run.files, kept_job_file(run.planned.out));
  storage::replace_file(run.files, made + "/training.toml", bytes_of(job), tag);
  storage::replace_file(run.files, mark_of(made), bytes_of(dsl::training_to_json(run.planned)), tag);
  publish(run.files, made, place);
  remove_folder(made);
}

bool is_trained(const dsl::PlannedTraining& planned, storage::FileOps& files) {
  try {
    const auto found = read_training(files, planned.training.output);
    const jobs::Training& wanted = planned.training;
    return found && found->identity == planned.identity && found->training.steps == wanted.steps &&
           found->training.output_dtype == wanted.output_dtype &&
           found->training.motion_names == wanted.motion_names;
  } catch (const jobs::Error&) {
    return false;
  }
}

}  // namespace pia::farm
