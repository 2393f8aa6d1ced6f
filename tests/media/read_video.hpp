// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pia::tests {

/// What libavformat and libavcodec, as any player, find in a video.
struct VideoFound {
  std::string codec;
  std::string pixel_format;
  std::string colours;  ///< "space/primaries/transfer/range"
  int width = 0;
  int height = 0;
  double duration = 0;               ///< seconds, of the whole
  std::vector<std::int64_t> starts;  ///< of each frame, in 1/1000 s
  std::map<std::string, std::string> metadata;
  std::vector<std::vector<std::uint8_t>> frames;  ///< RGB8, converted as the tags say
};

/// Throws std::runtime_error where it can't be read.
VideoFound read_video(const std::string& path);

}  // namespace pia::tests
