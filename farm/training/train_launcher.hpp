// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "dsl/training_file.hpp"
#include "farm/tenure.hpp"
#include "farm/training/train_display.hpp"
#include "farm/training/train_ranks.hpp"
#include "jobs/core/exit_code.hpp"
#include "jobs/core/site.hpp"

namespace pia::farm {

/// Whether a training is to stop: soon, with a checkpoint, or at once.
enum class StopWish { none, soon, now };

/// How a training is to be done, and by which programs beside this one.
struct TrainLaunch {
  const dsl::PlannedTraining& planned;
  std::string job_text;  ///< of the job file
  TrainRanks ranks = {};
  int threads = 0;  ///< of each process; 0: its cores
  std::string device = "cpu";
  bool device_is_wished = true;  ///< by name; else a training that was begun goes on where that was
  std::string program = "pia-train";
  double step_seconds = 0;  ///< of pia-train-fake
  /// Nothing heard of its processes for that long, or for 20 steps where these take longer: they hang, and
  /// are started again.
  std::chrono::duration<double> silence = std::chrono::hours(1);
  slurm::JobRun job = {};  ///< no id outside Slurm
  /// Claimant's.
  std::function<std::optional<bool>(const std::string& job_id)> job_runs = {};
  std::function<StopWish()> stop_asked;  ///< looked at ten times a second
  Turn turn = {};                        ///< at the run directory
};

struct TrainingEnd {
  jobs::ExitCode code = jobs::ExitCode::all_done;
  bool processes_were_told = false;  ///< to stop, by somebody else than their launcher
  bool kept_something = false;       ///< a checkpoint since it began
};

/// Takes the run directory, trains in processes of its own and starts them again when they die, until the
/// model is there, or until it or they are asked to stop, with a checkpoint kept where there is time for it
/// (run_again). Three starts in a row that die without a new checkpoint are enough (internal). Throws
/// jobs::Error: as Tenure; `bad_config` if the directory is another job's.
TrainingEnd launch_training(const TrainLaunch& launch, TrainDisplay& display);

}  // namespace pia::farm
