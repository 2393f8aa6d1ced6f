// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/encode.hpp"

#include "jobs/core/error.hpp"

namespace pia::farm {

CodecContext make_encoder(const Encoding& encoding, const AvTask& task) {
  const AVCodec* codec = avcodec_find_encoder_by_name(encoding.encoder);
  if (codec == nullptr) {
    throw jobs::Error(jobs::ExitCode::unavailable,
                      "cannot encode " + task.path + ": this FFmpeg was built without the encoder " +
                          encoding.encoder +
                          "; install one that has it, or leave this format out of [output] formats");
  }
  CodecContext encoder(task.there(avcodec_alloc_context3(codec)));
  encoder->pix_fmt = encoding.format;
  encoder->width = encoding.size.width;
  encoder->height = encoding.size.height;
  encoder->time_base = encoding.time_base;
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  return encoder;
}

void open_encoder(AVCodecContext& encoder, Options& options, const AvTask& task) {
  task.check(avcodec_open2(&encoder, encoder.codec, options.get()), "open the encoder for");
  if (!options.all_taken()) task.fail("an option is unknown to this FFmpeg", "set up the encoder for");
}

void encode_frame(AVCodecContext& encoder, const AVFrame* frame, const TakePacket& take, const AvTask& task) {
  task.check(avcodec_send_frame(&encoder, frame), "encode a frame of");
  const Packet packet(task.there(av_packet_alloc()));
  for (;;) {
    const int code = avcodec_receive_packet(&encoder, packet.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    task.check(code, "encode a frame of");
    take(*packet);
    av_packet_unref(packet.get());
  }
}

Frame make_frame(AVPixelFormat format, jobs::Size size, const AvTask& task) {
  Frame frame(task.there(av_frame_alloc()));
  frame->format = format;
  frame->width = size.width;
  frame->height = size.height;
  task.check(av_frame_get_buffer(frame.get(), 0), "make a frame of");
  return frame;
}

Frame rgb32_frame(const jobs::Clip& clip, int index, const AvTask& task) {
  Frame frame = make_frame(AV_PIX_FMT_RGB32, {clip.width, clip.height}, task);
  const std::uint8_t* from = clip.rgb.data() + static_cast<std::size_t>(index) * clip.frame_bytes();
  for (int y = 0; y < clip.height; ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(frame->data[0] + std::ptrdiff_t{y} * frame->linesize[0]);
    for (int x = 0; x < clip.width; ++x, from += 3) {
      row[x] = 0xFF000000U | std::uint32_t{from[0]} << 16U | std::uint32_t{from[1]} << 8U | from[2];
    }
  }
  return frame;
}

Muxer::Muxer(const char* format, const AVCodecContext& encoder, const AvTask& task)
    : task_(task), encoder_(encoder) {
  AVFormatContext* context = nullptr;
  task_.check(avformat_alloc_output_context2(&context, nullptr, format, nullptr), "find the container for");
  context_.reset(context);
  context_->flags |= AVFMT_FLAG_BITEXACT;
  AVStream* stream = task_.there(avformat_new_stream(context, nullptr));
  stream->time_base = encoder.time_base;
  stream->avg_frame_rate = encoder.framerate;
  task_.check(avcodec_parameters_from_context(stream->codecpar, &encoder), "describe");
  output_.attach(*context);
}

void Muxer::begin(Options& options) {
  task_.check(avformat_write_header(context_.get(), options.get()), "begin");
  if (!options.all_taken()) task_.fail("an option is unknown to this FFmpeg", "set up the container of");
}

void Muxer::write(AVPacket& packet) {
  AVStream* stream = context_->streams[0];
  packet.stream_index = 0;
  av_packet_rescale_ts(&packet, encoder_.time_base, stream->time_base);
  task_.check(av_interleaved_write_frame(context_.get(), &packet), "write");
}

std::vector<std::byte> Muxer::finish() {
  task_.check(av_write_trailer(context_.get()), "finish");
  return output_.take();
}

}  // namespace pia::farm
