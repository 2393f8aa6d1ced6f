// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "farm/training/training_run.hpp"
#include "storage/training_store.hpp"

namespace pia::farm {

/// The furthest checkpoint of the run directory, the same in all processes. A network disk may show late, or
/// to some nodes only, what another has written: unless all see the same training with the same losses, and
/// are to do the same steps, all look again, 60 times, `run.between_looks` apart. All ranks call it. Throws
/// jobs::Error in all of them: `run_again` if they go on to differ, with what each sees; `bad_config` if the
/// checkpoints are of another training, or beyond its steps. Besides, what TrainingStore::load throws.
storage::TrainingStore::Found common_checkpoint(const TrainingRun& run, const storage::TrainingStore& store);

/// Why a training does not go on, and what to do: of checkpoints that are another's (a sentence of
/// TrainingStore::load), or of more steps than are to be done.
std::string mend_of_foreign(const std::string& run_directory);
std::string foreign_words(const std::string& foreign, const std::string& run_directory);
std::string beyond_words(std::int64_t step, std::int64_t steps);

}  // namespace pia::farm
