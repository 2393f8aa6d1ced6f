// SPDX-License-Identifier: Apache-2.0
#include "farm/media/video_reader.hpp"

#include "farm/media/internal/codecs.hpp"

namespace pia::farm {

VideoFacts probe_video(const std::string& path) {
  return video_codecs().probe(path);
}

jobs::Clip read_frames(const std::string& path, std::span<const int> frames, const Reshape& reshape) {
  return video_codecs().read(path, frames, reshape);
}

}  // namespace pia::farm
