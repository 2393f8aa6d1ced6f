// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/training/training_run.hpp"

namespace pia::farm {

/// Writes the trained model into [output] model, whole or not at all, with training.toml, the job file that
/// made it, and training.json beside its parts. An earlier one of that name is replaced at once; a folder
/// that no training made is never: jobs::Error(bad_config).
void write_trained_model(const TrainingRun& run);

/// Whether [output] model holds what this very training ends with.
bool is_trained(const dsl::PlannedTraining& planned, storage::FileOps& files);

}  // namespace pia::farm
