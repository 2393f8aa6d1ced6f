// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "farm/media/codecs/encode.hpp"

namespace pia::farm {
namespace {

jobs::Size even(const jobs::Clip& clip) {
  return {clip.width + clip.width % 2, clip.height + clip.height % 2};
}

/// Frame `index`, its last column and row repeated up to an even size.
Frame even_rgb_frame(const jobs::Clip& clip, int index, const AvTask& task) {
  const jobs::Size size = even(clip);
  Frame frame = make_frame(AV_PIX_FMT_RGB24, size, task);
  const std::uint8_t* pixels = clip.rgb.data() + static_cast<std::size_t>(index) * clip.frame_bytes();
  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t* from = pixels + std::ptrdiff_t{3} * clip.width * std::min(y, clip.height - 1);
    std::uint8_t* to = frame->data[0] + std::ptrdiff_t{y} * frame->linesize[0];
    std::copy_n(from, 3 * clip.width, to);
    std::copy_n(from + std::ptrdiff_t{3} * (clip.width - 1), 3 * (size.width - clip.width),
                to + 3 * clip.width);
  }
  return frame;
}

Scaler bt709_converter(jobs::Size size, const AvTask& task) {
  constexpr int kFlags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
  Scaler scaler(task.there(sws_getContext(size.width, size.height, AV_PIX_FMT_RGB24, size.width, size.height,
                                          AV_PIX_FMT_YUV420P, kFlags, nullptr, nullptr, nullptr)));
  const int* bt709 = sws_getCoefficients(SWS_CS_ITU709);
  constexpr int kFull = 1;
  constexpr int kLimited = 0;
  constexpr int kNeutral = 1 << 16;
  task.check(sws_setColorspaceDetails(scaler.get(), bt709, kFull, bt709, kLimited, 0, kNeutral, kNeutral),
             "set the colours of");
  return scaler;
}

/// x264's AVX-512 code lets memory that it never wrote into its decisions (seen in core 164: other bytes with
/// another MALLOC_PERTURB_). Its AVX2 code gives the same bytes as its C code.
bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

CodecContext h264(const jobs::Clip& clip, const VideoSpec& spec, const AvTask& task) {
  CodecContext encoder = make_encoder(
      {.encoder = "libx264", .format = AV_PIX_FMT_YUV420P, .size = even(clip), .time_base = {1, spec.fps}},
      task);
  encoder->framerate = {spec.fps, 1};
  encoder->color_primaries = AVCOL_PRI_BT709;
  encoder->color_trc = AVCOL_TRC_BT709;
  encoder->colorspace = AVCOL_SPC_BT709;
  encoder->color_range = AVCOL_RANGE_MPEG;
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  Options options;
  options.set("preset", "medium");
  options.set("crf", std::to_string(spec.crf));
  if (has_avx512()) options.set("x264-params", "asm=avx2");
  open_encoder(*encoder, options, task);
  return encoder;
}

}  // namespace

std::vector<std::byte> encode_mp4(const jobs::Clip& clip, const VideoSpec& spec) {
  const AvTask task{spec.path};
  const CodecContext encoder = h264(clip, spec, task);
  const Scaler scaler = bt709_converter(even(clip), task);
  Muxer muxer("mp4", *encoder, task);
  if (!spec.metadata.empty()) av_dict_set(&muxer.context().metadata, "comment", spec.metadata.c_str(), 0);
  Options options;
  options.set("movflags", "+faststart");
  muxer.begin(options);
  const auto take = [&](AVPacket& packet) { muxer.write(packet); };
  for (int f = 0; f < clip.frames; ++f) {
    const Frame rgb = even_rgb_frame(clip, f, task);
    const Frame yuv = make_frame(AV_PIX_FMT_YUV420P, even(clip), task);
    task.check(sws_scale(scaler.get(), rgb->data, rgb->linesize, 0, rgb->height, yuv->data, yuv->linesize),
               "convert the colours of");
    yuv->pts = f;
    encode_frame(*encoder, yuv.get(), take, task);
  }
  encode_frame(*encoder, nullptr, take, task);
  return muxer.finish();
}

}  // namespace pia::farm
