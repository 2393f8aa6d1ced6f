// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "farm/signals.hpp"
#include "farm/training/training_run.hpp"

namespace pia::farm {

/// What a launcher says to a training process.
struct TrainProcessOptions {
  std::string run_directory;
  std::uint64_t epoch = 0;  ///< of the launcher's lease
  std::string device = "cpu";
  int threads = 1;
  int ranks = 1;            ///< of this training, by MPI if more than 1
  int launcher = 0;         ///< its process id; 0: on another machine
  double step_seconds = 0;  ///< of a fake trainer, at least
};

/// Nothing if the words ask for help, which is then printed. Throws jobs::Error(bad_usage).
std::optional<TrainProcessOptions> train_process_options(int argc, char** argv);

using MakeTrainer = std::function<std::unique_ptr<renderer::Trainer>(
    const jobs::Training&, renderer::Reducer&, const TrainProcessOptions&)>;

/// What a training process trains with.
struct TrainParts {
  MakeTrainer make;
  StopSignals& signals;  ///< made before MPI, whose threads they would kill
  /// Asked where several processes train on GPUs: what sums gradients there. `host` is what it is for all
  /// else.
  std::function<std::unique_ptr<renderer::Reducer>(renderer::Reducer& host)> reducer_of_gpus = {};
  std::optional<renderer::GateTask> gate = {};  ///< as in TrainingRun
  std::optional<SampleTask> samples = {};
};

/// Tells people a sentence: rank 0 on stdout, as an event, another in what is kept of pia-train's words.
void tell_people(const renderer::Reducer& reducer, const std::string& sentence);

/// The life of a training process: reads training.json, trains, tells of it on stdout. It keeps a checkpoint
/// and ends when stop_file is there, its launcher is gone, or a signal asks it to, which Slurm sends to every
/// process of a step before it takes a node away; rank 0 decides for all. A newer epoch ends it without
/// writing. Returns the exit code of what went wrong, said on stdout by the rank that it befell.
int train_process(const TrainProcessOptions& options, renderer::Reducer& reducer, const TrainParts& parts);

}  // namespace pia::farm
