// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dsl/training_file.hpp"
#include "farm/tenure.hpp"
#include "farm/training/train_display.hpp"
#include "jobs/core/exit_code.hpp"
#include "jobs/core/site.hpp"

namespace pia::farm {

/// How a training is to be done, and by which programs beside this one.
struct TrainLaunch {
  const dsl::PlannedTraining& planned;
  std::string job_text;  ///< of the job file
  int workers = 1;       ///< processes that share each batch; more than 1 are started by mpirun
  int threads = 0;       ///< of each; 0: the cores shared out
  std::string device = "cpu";
  std::string program = "pia-train";
  double step_seconds = 0;  ///< of pia-train-fake
  Turn turn = {};           ///< at the run directory
};

/// Takes the run directory, trains in processes of its own and starts them again when they die, until the
/// model is there. A signal asks them to keep a checkpoint and stop (run_again), a second one kills them.
/// Three starts in a row that die without a new checkpoint are enough (internal). Throws jobs::Error: as
/// Tenure; `bad_config` if the directory is another job's.
jobs::ExitCode launch_training(const TrainLaunch& launch, TrainDisplay& display);

}  // namespace pia::farm
