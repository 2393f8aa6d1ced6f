// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "farm/media/video.hpp"
#include "farm/media/video_reader.hpp"
#include "jobs/core/picture.hpp"

namespace pia::farm {

// OpenCV's and FFmpeg's codecs are in libraries of the program's own, which it opens when it first needs
// them. Debian's packages of the two bring 230 shared libraries along, three quarters of the time in which a
// program that is linked with them starts; and most processes of a farm never see a JPEG or make a video.

/// Of all that decides how both sides see what is passed: these headers and how they are compiled
/// (CMakeLists.txt). A library of another build is refused, as one that was installed over a program that
/// runs.
inline constexpr const char* kCodecsBuild = PIA_CODECS_BUILD;

/// libpia-pictures.so (codecs/pictures.cpp).
struct PictureCodecs {
  const char* build = kCodecsBuild;
  /// The pixels of a whole file, as stored; an empty picture where they can't be decoded.
  jobs::Image (*decode)(std::span<const std::byte> file) = nullptr;
};

/// libpia-videos.so (codecs/videos.cpp).
struct VideoCodecs {
  const char* build = kCodecsBuild;
  /// encode_video, of mp4, gif or webp, without its mark; webp as the encoder made it.
  std::vector<std::byte> (*encode)(const jobs::Clip& clip, const VideoSpec& spec) = nullptr;
  VideoFacts (*probe)(const std::string& path) = nullptr;
  jobs::Clip (*read)(const std::string& path, std::span<const int> frames, const Reshape& reshape) = nullptr;
};

/// Opened by the first call. Throws jobs::Error (unavailable) where the library is not there, lacks one of
/// its own, or is of another build; a later call tries again. Callable from several threads.
const PictureCodecs& picture_codecs();
const VideoCodecs& video_codecs();

}  // namespace pia::farm
