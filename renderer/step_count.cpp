// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"
#include "renderer/renderer.hpp"

namespace pia::renderer {

int step_count(const jobs::Shot& shot) {
  const double share = shot.steps * shot.strength;
  // Also false for a strength that is no number.
  if (!(share >= 1.0)) {
    throw jobs::InputError("shot " + to_hex(jobs::shot_id(shot)) +
                           ": steps times strength leaves no step to do; raise strength or steps");
  }
  return share < shot.steps ? static_cast<int>(share) : shot.steps;
}

}  // namespace pia::renderer
