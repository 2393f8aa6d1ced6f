// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/training/training_run.hpp"
#include "storage/training_store.hpp"

namespace pia::farm {

/// The furthest checkpoint of the run directory, the same in all processes. A network disk may show late, or
/// to some nodes only, what another has written: unless all see the same training at the same step with the
/// same losses, all look again, every `run.between_looks` for a minute's worth of looks. All ranks call it.
/// Throws jobs::Error `run_again` in all of them if they go on to differ, with what each sees; besides what
/// TrainingStore::load throws, and `bad_config` if the checkpoints are of another training.
storage::TrainingStore::Found common_checkpoint(const TrainingRun& run, const storage::TrainingStore& store);

}  // namespace pia::farm
