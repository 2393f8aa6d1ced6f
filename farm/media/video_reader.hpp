// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>

#include "jobs/core/picture.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// The longest video that is read: nine hours at 30 frames a second. Its frames may be as large as pictures
/// (farm/media/image_file.hpp).
inline constexpr int kMaxVideoFrames = 1'000'000;

/// What an MP4 or MOV file shows.
struct VideoFacts {
  jobs::Size size;     ///< as seen: after the display matrix
  int frames = 0;      ///< at least 1
  double seconds = 0;  ///< from the first frame's beginning to the last one's end
  bool operator==(const VideoFacts&) const = default;
};

/// Reads through the whole file, without decoding it. Only files are opened, whatever stands in them.
/// Throws jobs::InputError ("video <path> <problem>; <mend>"): not there, empty, no MP4 or MOV, cut off (a
/// fragmented file that ends between two fragments is whole), broken, without a video stream or frames, in a
/// code that this FFmpeg can't decode, too large, too long; jobs::StorageError where its disk fails;
/// jobs::Error (unavailable) where this installation lacks what reads videos. Callable from several threads.
VideoFacts probe_video(const std::string& path);

/// What becomes of each frame before it is kept; none: it stays as it is.
using Reshape = std::function<jobs::Image(const jobs::Image& frame)>;

/// The frames of these numbers (rising, from 0 on in the order of showing), upright, one after the other.
/// Colours are converted as the stream's tags say, as BT.601 of limited range where they are silent; the
/// shape of pixels is taken for square. The same file and libraries give the same bytes, whichever frames are
/// asked for with them. Decodes from the last keyframe before the first of them, holding one frame at a time
/// besides what comes out. Throws what probe_video throws, and jobs::InputError where a frame is not there,
/// is damaged or hangs on a damaged one, or where the reshaped frames differ in size.
jobs::Clip read_frames(const std::string& path, std::span<const int> frames, const Reshape& reshape = {});

}  // namespace pia::farm
