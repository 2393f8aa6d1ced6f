// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/picture.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// `PIL.Image.resize(size, BICUBIC)` on RGB, to the byte (src/libImaging/Resample.c, Pillow 2.7 to 12; 13.0
/// sometimes resizes columns first, which differs by a few of 255): rows, then columns, a = -0.5, a support
/// that grows when shrinking, 22-bit fixed-point weights. OpenCV's bicubic is another filter. `size` must be
/// positive. A pass that changes nothing is left out.
jobs::Image resize_bicubic(const jobs::Image& image, jobs::Size size);

/// The input picture as the model gets it, `geometry.size` large.
/// fit, stretch: to `geometry.first` if there is one, then to `geometry.size` (the original resizes twice).
/// crop: PIL.ImageOps.fit: the largest middle part that has the size's shape, resized once.
/// pad: PIL.ImageOps.pad: resized once to lie within the size, in the middle of black.
jobs::Image apply_geometry(const jobs::Image& image, const jobs::Geometry& geometry);

}  // namespace pia::farm
