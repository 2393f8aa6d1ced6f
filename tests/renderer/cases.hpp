// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/result.hpp"
#include "renderer/pipeline/render_shot.hpp"
#include "tests/renderer/golden.hpp"
#include "tests/renderer/observers.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {

/// How far a rendered case is from its golden.
struct CaseErrors {
  double text = 0;  ///< all in standard deviations of the golden's tensor
  double image = 0;
  double start = 0;          ///< the latents before the first step
  double steps = 0;          ///< the worst step
  int frame_bytes = 0;       ///< the largest difference of a byte
  double unequal_bytes = 0;  ///< share of bytes that differ at all
};

/// Renders a case's shot on the CPU with the model by rule, with these choices, keeping every step.
jobs::ShotResult render_case(const Golden& golden, const jobs::Shot& shot,
                             const renderer::ReferenceChoices& choices);

/// The same with another model.
jobs::ShotResult render_with(const renderer::ResidentModel& model, const Golden& golden,
                             const jobs::Shot& shot, const renderer::ReferenceChoices& choices);

/// Compares it, and the text and image encoders' results.
CaseErrors errors_of(const Golden& golden, const jobs::ShotResult& result);
CaseErrors errors_with(const renderer::ResidentModel& model, const Golden& golden,
                       const jobs::ShotResult& result);

/// The tolerance: 1e-4 of the standard deviation at every step, frames within one.
bool agrees(const CaseErrors& errors);

}  // namespace pia::tests
