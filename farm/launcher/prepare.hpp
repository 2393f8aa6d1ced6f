// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/run_directory.hpp"
#include "jobs/core/site.hpp"
#include "slurm/generation.hpp"

namespace pia::farm {

/// What a generation of ranks starts from.
struct GenerationWish {
  const jobs::Plan& plan;
  const jobs::Site& site;
  std::string renderer = "torch";  ///< as LocalRunOptions
  double fake_step_seconds = 0.02;
  std::string device = "cpu";
  int workers = 1;
  int cores_a_worker = 1;
  RunStarted::Command command = RunStarted::Command::anew;
  std::vector<jobs::ShotId> only = {};  ///< the shots that the command chose, of which `plan` is; empty: all
  std::string slurm_job = {};           ///< its id; empty outside Slurm
};

/// What is in the run directory: which shots are done, and how far the others are.
struct Measured {
  Coordinator::Found found;
  slurm::Kept kept;
  bool all_done = false;  ///< with their videos
};

/// Reads results that have no record in the journal, which get one, and checkpoints: this is why it happens
/// here, in a process whose death ends no MPI step.
Measured measure(OwnedRun& run, const jobs::Plan& plan, const std::string& renderer, Watcher& watcher);

/// After a generation: takes the next epoch, so that a rank 0 that still lives writes nothing beside, reads
/// the journal anew, and measures. Throws storage::FencedOff if another process took over, and
/// jobs::StorageError if the disk does not take the next epoch.
Measured take_stock(OwnedRun& run, const jobs::Plan& plan, const std::string& renderer, Watcher& watcher);

/// Writes run_started into the journal, by which rank 0 goes; `measure` comes first. Returns the CPU threads
/// a worker. Throws jobs::Error: a rehearsal among real renders, more chosen shots than a record holds, a
/// disk that can't be written. `watcher` hears, once a command, if the threads are not those that the site
/// wants.
int prepare(OwnedRun& run, const GenerationWish& wish, Watcher& watcher);

}  // namespace pia::farm
