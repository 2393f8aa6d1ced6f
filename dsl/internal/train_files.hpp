// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dsl/internal/bind_train.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/training_file.hpp"

namespace pia::dsl::internal {

/// Finds what the document names (model, base, motion, videos, pictures), asks the catalog what is in it, and
/// puts paths and digests into `planned`. Complains about what is not there, or does not hold what the
/// training needs.
void look_up_training(const TrainDocument& document, const FileFinder::Context& context,
                      PlannedTraining& planned, Complaints& complaints);

}  // namespace pia::dsl::internal
