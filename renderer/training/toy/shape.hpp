// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "renderer/training/toy/scene.hpp"

namespace pia::renderer {

/// Signed distance to the outline of a shape of about radius 1 around the origin, upright, y down: negative
/// inside. Exact for the polygons.
double distance_to(ToyShape shape, double x, double y);

/// The same to a face's eyes and mouth.
double distance_to_features(double x, double y);

}  // namespace pia::renderer
