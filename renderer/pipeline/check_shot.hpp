// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "renderer/pipeline/resident_model.hpp"

namespace pia::renderer {

/// Throws jobs::InputError for a shot that the model can't do, or that says less or more than it must: frames
/// beyond the position table, sizes off the VAE's grid, windows or prompts that don't fit together.
void check_shot(const jobs::Shot& shot, const ResidentModel& model);

}  // namespace pia::renderer
