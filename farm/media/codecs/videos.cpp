// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/encode.hpp"
#include "farm/media/codecs/video_reader.hpp"
#include "farm/media/internal/codecs.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

std::vector<std::byte> encode(const jobs::Clip& clip, const VideoSpec& spec) {
  quiet_ffmpeg();
  switch (spec.format) {
    case jobs::VideoFormat::mp4:
      return encode_mp4(clip, spec);
    case jobs::VideoFormat::gif:
      return encode_gif(clip, spec);
    case jobs::VideoFormat::webp:
      return encode_webp(clip, spec);
    case jobs::VideoFormat::png:
      break;
  }
  PIA_ASSERT(spec.format != jobs::VideoFormat::png);
  return {};
}

}  // namespace
}  // namespace pia::farm

extern "C" {
extern const pia::farm::VideoCodecs pia_video_codecs;
const pia::farm::VideoCodecs pia_video_codecs{
    .encode = pia::farm::encode, .probe = pia::farm::probe_with_ffmpeg, .read = pia::farm::read_with_ffmpeg};
}
