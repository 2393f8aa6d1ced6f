// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "farm/media/codecs/av.hpp"
#include "farm/media/codecs/memory_output.hpp"
#include "farm/media/video.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

std::vector<std::byte> encode_mp4(const jobs::Clip& clip, const VideoSpec& spec);
std::vector<std::byte> encode_gif(const jobs::Clip& clip, const VideoSpec& spec);
std::vector<std::byte> encode_webp(const jobs::Clip& clip, const VideoSpec& spec);

/// An encoder of that name for pictures of that size and format, one thread, reproducible; not yet open.
/// Throws jobs::Error (unavailable) if this FFmpeg was built without it.
struct Encoding {
  const char* encoder;
  AVPixelFormat format;
  jobs::Size size;
  AVRational time_base;
};
CodecContext make_encoder(const Encoding& encoding, const AvTask& task);
void open_encoder(AVCodecContext& encoder, Options& options, const AvTask& task);

/// Sends a frame, or with nullptr the end, and passes on what comes out.
using TakePacket = std::function<void(AVPacket&)>;
void encode_frame(AVCodecContext& encoder, const AVFrame* frame, const TakePacket& take, const AvTask& task);

/// An empty picture with its own memory. Throws std::bad_alloc.
Frame make_frame(AVPixelFormat format, jobs::Size size, const AvTask& task);

/// Frame `index` of a clip as 0xAARRGGBB words (AV_PIX_FMT_RGB32), opaque.
Frame rgb32_frame(const jobs::Clip& clip, int index, const AvTask& task);

/// A file of one video stream, in memory. Construct, set options and metadata, `begin`, `write`..., `finish`.
class Muxer {
 public:
  Muxer(const char* format, const AVCodecContext& encoder, const AvTask& task);
  AVFormatContext& context() { return *context_; }
  void begin(Options& options);
  void write(AVPacket& packet);  ///< with the encoder's times
  std::vector<std::byte> finish();

 private:
  const AvTask& task_;
  const AVCodecContext& encoder_;
  MemoryOutput output_;
  FormatContext context_;
};

}  // namespace pia::farm
