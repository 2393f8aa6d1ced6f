// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/training/training_run.hpp"

namespace pia::farm {

/// Throws jobs::Error(bad_config) if `folder` is there and is not an earlier trained model's, nor empty.
void require_replaceable(storage::FileOps& files, const std::string& folder);

/// Writes the trained model into [output] model, whole or not at all, with training.toml, the job file that
/// made it, and training.json beside its parts. An earlier one of that name is replaced at once; see
/// require_replaceable.
void write_trained_model(const TrainingRun& run);

/// Whether [output] model holds what this very training ends with.
bool is_trained(const dsl::PlannedTraining& planned, storage::FileOps& files);

}  // namespace pia::farm
