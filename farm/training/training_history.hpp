// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/core/exit_code.hpp"
#include "storage/journal.hpp"

namespace pia::farm {

/// training_started's payload: a generation of processes.
struct TrainingStarted {
  int ranks = 1;
  int threads = 1;     ///< of each
  std::string device;  ///< "cpu", "cuda"
  std::string trainer;
};

/// What the journal says of a training.
struct TrainingHistory {
  std::optional<TrainingStarted> first;  ///< threads and device stay those of the first start
  int starts = 0;
  std::int64_t safe_step = 0;           ///< of the last checkpoint
  std::optional<jobs::ExitCode> ended;  ///< the last command, if it told its end
  std::string trouble;                  ///< why it ended, if not well
  std::uint64_t next_sequence = 1;
};

TrainingHistory fold_training(const std::vector<storage::Record>& records);

std::string started_payload(const TrainingStarted& started);
std::string checkpointed_payload(std::int64_t step, double loss);
std::string ended_payload(jobs::ExitCode code, const std::string& trouble);

}  // namespace pia::farm
