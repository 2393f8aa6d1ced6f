// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/media/video_reader.hpp"

namespace pia::farm {

/// probe_video and read_frames (farm/media/video_reader.hpp).
VideoFacts probe_with_ffmpeg(const std::string& path);
jobs::Clip read_with_ffmpeg(const std::string& path, std::span<const int> frames, const Reshape& reshape);

}  // namespace pia::farm
