// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "dsl/training_file.hpp"
#include "farm/training/train_event.hpp"
#include "jobs/core/exit_code.hpp"
#include "renderer/training/trainer.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// Which examples a training shows its work on: such as it never sees.
struct SampleTask {
  std::uint64_t first_example = 0;
  int count = 6;
  int steps = 25;  ///< of sampling
};

/// A training under somebody's lease, and what it works with; all outlive the call.
struct TrainingRun {
  const dsl::PlannedTraining& planned;
  renderer::Trainer& trainer;
  renderer::Reducer& reducer;
  storage::FileOps& files;
  std::uint64_t epoch = 0;
  std::string device = "cpu";
  /// Every sample_every steps and at the end: how well the network knows what a picture was; a sheet of what
  /// it makes (farm/training/look.hpp). Both of what would be written then.
  std::optional<renderer::GateTask> gate = {};
  std::optional<SampleTask> samples = {};
  std::chrono::milliseconds between_looks{1000};    ///< for a checkpoint that not all ranks see
  std::function<bool()> stop_asked;                 ///< looked at after each step, by rank 0 alone
  std::function<void(const TrainEvent&)> happened;  ///< of rank 0
};

/// Trains from the furthest checkpoint to the end, keeping a checkpoint and loss.tsv as often as asked, and
/// writes the model. All ranks call it; rank 0 writes. all_done, or run_again if it was asked to stop and
/// kept a checkpoint. Throws jobs::Error: `bad_config` if the checkpoints are of another training; a disk
/// that refuses a checkpoint is a notice, as long as another one comes; `run_again` if ranks see different
/// checkpoints (farm/training/common_checkpoint.hpp).
jobs::ExitCode run_training(const TrainingRun& run);

}  // namespace pia::farm
