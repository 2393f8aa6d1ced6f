// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "dsl/training_file.hpp"

namespace pia::dsl {

/// The canonical JSON of all that decides the weights of every step: sorted keys, no spaces, digests instead
/// of paths. Name, output and how often something is kept or looked at are not in it, nor is the number of
/// steps unless the learning rate follows from it: a training can be lengthened.
std::string training_recipe(const PlannedTraining& planned);

/// What of that differs, a line each, "optimizer.learning_rate: 0.0003, and 0.0001 before"; of digests only
/// that they do.
std::vector<std::string> training_changes(const PlannedTraining& now, const PlannedTraining& before);

/// All of it, for people and programs: what training.json of a run directory holds.
std::string training_to_json(const PlannedTraining& planned);

/// The inverse, or why `text` is no such file.
std::variant<PlannedTraining, Trouble> training_from_json(const std::string& text);

}  // namespace pia::dsl
