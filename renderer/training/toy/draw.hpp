// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/picture.hpp"
#include "renderer/training/toy/scene.hpp"

namespace pia::renderer {

/// The scene at the time p, anti-aliased, in its style. The shorter side stands for 64 units; the shape of
/// the picture is the field's.
jobs::Image draw(const ToyScene& scene, double p, int width, int height);

/// The time that a frame of a world's clips shows: f / (n - 1); of a lone frame the scene's `moment`.
double time_of_frame(const ToyScene& scene, const ToyWorld& world, int frame);

/// All frames at their times.
jobs::Clip draw_clip(const ToyScene& scene, const ToyWorld& world);

}  // namespace pia::renderer
