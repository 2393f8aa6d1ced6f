// SPDX-License-Identifier: Apache-2.0
#include "farm/shot_work.hpp"

#include "jobs/core/model_key.hpp"
#include "renderer/renderer.hpp"

namespace pia::farm {

scheduler::ShotWork work_of(const jobs::PlannedShot& planned) {
  const jobs::Shot& shot = planned.shot;
  const double passes = shot.guidance_scale > 1 ? 2 : 1;
  const double pixels = static_cast<double>(shot.geometry.size.width) * shot.geometry.size.height;
  return {.id = planned.id,
          .model_key = jobs::model_key(shot),
          .steps = shot.steps,
          .cost = pixels * static_cast<double>(renderer::frames_a_step(shot)) * shot.steps * passes,
          .priority = planned.priority};
}

}  // namespace pia::farm
