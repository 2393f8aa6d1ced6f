// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "renderer/pipeline/encoding_memory.hpp"
#include "renderer/pipeline/resident_model.hpp"
#include "renderer/reference_choices.hpp"
#include "renderer/renderer.hpp"

namespace pia::renderer {

/// What a rendering needs besides its task.
struct ShotSetting {
  const ResidentModel& model;
  EncodingMemory& memory;               ///< of that model
  ReferenceChoices choices;             ///< of the shot's reference, but for tests of the tests
  std::string device_kind = "cpu";      ///< for checkpoints and provenance
  std::function<double()> now;          ///< seconds, for timings only
  Directive so_far = Directive::go_on;  ///< what the observer said while the model was loaded
};

/// What to write where, for a sentence about shots of the type `now` that another may mend, with `, or ` at
/// its end; empty if they have that type already.
std::string other_dtype(jobs::Dtype now, jobs::Dtype better);

/// Renders a shot with a model that is in memory, from the encoding phase on. Throws jobs::InputError for
/// shots that the model can't do (frames beyond its position table, sizes off the VAE's grid, unknown
/// tokens), jobs::Error (internal) for latents that are no numbers any more.
Outcome render_shot(const ShotSetting& setting, const RenderTask& task, RenderObserver& observer);

}  // namespace pia::renderer
