// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "jobs/core/picture.hpp"

namespace pia::farm {

/// How a clip is cut out of a video.
struct ClipCut {
  int frames = 16;  ///< at least 1
  int stride = 4;   ///< at least 1
};

/// Which frames of a video of `total` frames (at least cut.frames) make a clip, as PIA's released code takes
/// them: a window of frames * stride frames begins anywhere but in the last one too many; the numbers are at
/// equal distances from its first frame to its last (63 / 15 for 16 frames of stride 4), cut to whole ones. A
/// shorter video is one window. A still is any frame. `where` in [0, 1) says where.
std::vector<int> clip_frames(const ClipCut& cut, int total, double where);

/// Left and right exchanged.
void mirror(jobs::Clip& clip);

}  // namespace pia::farm
