// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "farm/media/codecs/av.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

using InputContext = std::unique_ptr<AVFormatContext, AvFree<avformat_close_input>>;

/// An open MP4 or MOV file, of which nothing but one video stream is read.
struct VideoInput {
  std::string path;
  InputContext format;
  AVStream* stream = nullptr;  ///< of `format`
  const AVCodec* codec = nullptr;
};

/// Throws what probe_video throws.
VideoInput open_video(const std::string& path);

/// Where decoding can begin.
struct Keyframe {
  std::int64_t shown = 0;  ///< from this time on all frames follow from it
  std::int64_t read = 0;   ///< its place in the file, as av_seek_frame wants it
};

/// When frames are shown, in the stream's time base.
struct FrameIndex {
  std::vector<std::int64_t> times;  ///< of each frame, rising
  std::vector<Keyframe> keyframes;  ///< in the order of the file
  std::int64_t first_read = 0;      ///< the file's beginning
  std::int64_t end = 0;             ///< of the last frame
};

/// Reads all packets; the file stands at its end then. Throws what probe_video throws.
FrameIndex index_frames(const VideoInput& input);

/// As EXIF numbers it: 1..8. Of matrices that do more than turn by right angles and flip: 1.
int orientation_of(const AVStream& stream);

/// Throws jobs::InputError: "video <path> <problem>; <mend>".
[[noreturn]] void refuse_video(const std::string& path, const std::string& problem, const std::string& mend);

/// The same of what FFmpeg reports, with its last words; jobs::StorageError if it is the disk's fault.
[[noreturn]] void refuse_video(const std::string& path, int code);

}  // namespace pia::farm
