// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "farm/training/training_run.hpp"

namespace pia::farm {

/// Whether what is learnt is to be looked at after this step: every sample_every steps, and after the last.
bool is_look_due(const TrainingRun& run, std::int64_t step);

/// The same, and there is no sheet of that step yet: the look gave way to a stop, or its process died in it.
bool is_look_owed(const TrainingRun& run, std::int64_t step);

/// Writes gate.txt and a sheet of samples, as far as the run has tasks for them, and tells the gate's table.
/// One that is stopped writes nothing more; that after the last step gives way to nobody. Whatever fails is a
/// notice: the training goes on without it. Throws storage::FencedOff. Rank 0 alone.
void look(const TrainingRun& run, std::int64_t step);

/// Removes what another training left, or this one before it lost its checkpoints.
void forget_looks(const TrainingRun& run);

}  // namespace pia::farm
