// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"
#include "renderer/renderer.hpp"

namespace pia::renderer {

int step_count(const jobs::Shot& shot) {
  const int steps = std::min(static_cast<int>(shot.steps * shot.strength), shot.steps);
  if (steps < 1) {
    throw jobs::InputError("shot " + to_hex(jobs::shot_id(shot)) +
                           ": steps times strength leaves no step to do; raise strength or steps");
  }
  return steps;
}

}  // namespace pia::renderer
