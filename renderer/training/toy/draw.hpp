// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/picture.hpp"
#include "renderer/training/toy/scene.hpp"

namespace pia::renderer {

/// The scene at the time p, anti-aliased, in its style. The shorter side stands for 64 units; the shape of
/// the picture is the field's.
jobs::Image draw(const ToyScene& scene, double p, int width, int height);

/// Frame f of n at p = f / (n - 1); a lone frame at the scene's `moment`.
jobs::Clip draw_clip(const ToyScene& scene, const ToyWorld& world);

}  // namespace pia::renderer
