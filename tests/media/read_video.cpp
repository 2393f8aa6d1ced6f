// SPDX-License-Identifier: Apache-2.0
#include "tests/media/read_video.hpp"

#include <stdexcept>

#include "farm/media/codecs/av.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace pia::tests {
namespace {

struct InputFree {
  void operator()(AVFormatContext* object) const { avformat_close_input(&object); }
};
using Input = std::unique_ptr<AVFormatContext, InputFree>;

int check(int code) {
  if (code < 0 && code != AVERROR(EAGAIN) && code != AVERROR_EOF)
    throw std::runtime_error("libav: " + std::to_string(code));
  return code;
}

std::vector<std::uint8_t> to_rgb(const AVFrame& frame) {
  farm::Scaler scaler(sws_getContext(
      frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), frame.width, frame.height,
      AV_PIX_FMT_RGB24, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr, nullptr));
  const int space = frame.colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_DEFAULT;
  sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(space), frame.color_range == AVCOL_RANGE_JPEG,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
  const farm::Frame rgb(av_frame_alloc());
  rgb->format = AV_PIX_FMT_RGB24;
  rgb->width = frame.width;
  rgb->height = frame.height;
  check(av_frame_get_buffer(rgb.get(), 0));
  sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, rgb->data, rgb->linesize);
  std::vector<std::uint8_t> tight;
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* row = rgb->data[0] + std::ptrdiff_t{y} * rgb->linesize[0];
    tight.insert(tight.end(), row, row + std::ptrdiff_t{3} * frame.width);
  }
  return tight;
}

void describe(const AVFormatContext& input, VideoFound& found) {
  const AVStream& stream = *input.streams[0];
  const AVCodecParameters& p = *stream.codecpar;
  found.codec = avcodec_get_name(p.codec_id);
  found.pixel_format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(p.format));
  const auto word = [](const char* name) { return std::string(name != nullptr ? name : "?"); };
  found.colours = word(av_color_space_name(p.color_space)) + "/" +
                  word(av_color_primaries_name(p.color_primaries)) + "/" +
                  word(av_color_transfer_name(p.color_trc)) + "/" + word(av_color_range_name(p.color_range));
  found.width = p.width;
  found.height = p.height;
  found.duration = static_cast<double>(input.duration) / AV_TIME_BASE;
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(input.metadata, "", entry, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    found.metadata[entry->key] = entry->value;
  }
}

void receive(AVCodecContext& decoder, const AVStream& stream, VideoFound& found) {
  const farm::Frame frame(av_frame_alloc());
  while (check(avcodec_receive_frame(&decoder, frame.get())) == 0) {
    found.frames.push_back(to_rgb(*frame));
    found.starts.push_back(av_rescale_q(frame->pts, stream.time_base, {1, 1000}));
  }
}

}  // namespace

VideoFound read_video(const std::string& path) {
  AVFormatContext* opened = nullptr;
  check(avformat_open_input(&opened, path.c_str(), nullptr, nullptr));
  const Input input(opened);
  check(avformat_find_stream_info(opened, nullptr));
  VideoFound found;
  describe(*input, found);
  AVStream& stream = *input->streams[0];
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  const farm::CodecContext decoder(avcodec_alloc_context3(codec));
  check(avcodec_parameters_to_context(decoder.get(), stream.codecpar));
  decoder->thread_count = 1;
  check(avcodec_open2(decoder.get(), codec, nullptr));
  const farm::Packet packet(av_packet_alloc());
  while (check(av_read_frame(opened, packet.get())) == 0) {
    check(avcodec_send_packet(decoder.get(), packet.get()));
    av_packet_unref(packet.get());
    receive(*decoder, stream, found);
  }
  check(avcodec_send_packet(decoder.get(), nullptr));
  receive(*decoder, stream, found);
  return found;
}

}  // namespace pia::tests
