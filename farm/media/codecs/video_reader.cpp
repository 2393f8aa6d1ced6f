// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/video_reader.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "farm/media/codecs/encode.hpp"
#include "farm/media/codecs/video_input.hpp"
#include "farm/media/image_file.hpp"
#include "farm/media/upright.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr const char* kAgain = "copy it again from where it came from, or make another MP4 of it";

/// Makes upright RGB pictures of decoded frames.
class Painter {
 public:
  explicit Painter(const VideoInput& input) : input_(input), orientation_(orientation_of(*input.stream)) {}

  jobs::Image paint(const AVFrame& frame) {
    prepare(frame);
    const Frame rgb = make_frame(AV_PIX_FMT_RGB24, {frame.width, frame.height}, {input_.path});
    const int code =
        sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, rgb->data, rgb->linesize);
    if (code < 0) refuse_video(input_.path, code);
    jobs::Image image{frame.width, frame.height, {}};
    const std::ptrdiff_t row_bytes = std::ptrdiff_t{3} * frame.width;
    image.rgb.reserve(static_cast<std::size_t>(row_bytes * frame.height));
    for (int y = 0; y < frame.height; ++y) {
      const std::uint8_t* row = rgb->data[0] + std::ptrdiff_t{y} * rgb->linesize[0];
      image.rgb.insert(image.rgb.end(), row, row + row_bytes);
    }
    return orientation_ == 1 ? image : upright(image, orientation_);
  }

 private:
  void prepare(const AVFrame& frame) {
    if (frame.width > kMaxImageSide || frame.height > kMaxImageSide) {
      refuse_video(input_.path, "grows too large on its way", kAgain);
    }
    constexpr int kFlags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT;
    scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height,
                                       static_cast<AVPixelFormat>(frame.format), frame.width, frame.height,
                                       AV_PIX_FMT_RGB24, kFlags, nullptr, nullptr, nullptr));
    if (!scaler_) refuse_video(input_.path, "has colours of a kind that can't be read", kAgain);
    constexpr int kFull = 1;
    constexpr int kNeutral = 1 << 16;
    // FFmpeg has the same numbers for the tag and the table. It refuses for RGB, which needs none.
    sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(frame.colorspace),
                             frame.color_range == AVCOL_RANGE_JPEG, sws_getCoefficients(SWS_CS_DEFAULT),
                             kFull, 0, kNeutral, kNeutral);
  }

  const VideoInput& input_;
  int orientation_;
  Scaler scaler_;
};

/// The clip while its frames come in.
class Gathering {
 public:
  Gathering(const VideoInput& input, std::vector<std::int64_t> times, const Reshape& reshape)
      : painter_(input),
        path_(input.path),
        times_(std::move(times)),
        reshape_(reshape),
        is_there_(times_.size()),
        missing_(times_.size()) {}

  void take(const AVFrame& frame) {
    const auto found = std::ranges::lower_bound(times_, frame.pts);
    if (found == times_.end() || *found != frame.pts) return;
    const auto place = static_cast<std::size_t>(found - times_.begin());
    if (is_there_[place]) return;
    const jobs::Image image = painter_.paint(frame);
    keep(reshape_ ? reshape_(image) : image, place);
    is_there_[place] = true;
    --missing_;
  }

  bool is_whole() const { return missing_ == 0; }
  std::size_t first_missing() const {
    return static_cast<std::size_t>(std::find(is_there_.begin(), is_there_.end(), false) - is_there_.begin());
  }
  jobs::Clip clip() && { return std::move(clip_); }

 private:
  void keep(const jobs::Image& image, std::size_t place) {
    if (clip_.frames == 0) {
      clip_ = {static_cast<int>(times_.size()), image.width, image.height, {}};
      clip_.rgb.resize(clip_.frame_bytes() * times_.size());
    }
    if (image.width != clip_.width || image.height != clip_.height) {
      refuse_video(path_, "changes its size on its way", kAgain);
    }
    std::ranges::copy(image.rgb,
                      clip_.rgb.begin() + static_cast<std::ptrdiff_t>(clip_.frame_bytes() * place));
  }

  Painter painter_;
  const std::string& path_;
  std::vector<std::int64_t> times_;
  const Reshape& reshape_;
  std::vector<bool> is_there_;
  std::size_t missing_;
  jobs::Clip clip_;
};

CodecContext open_decoder(const VideoInput& input) {
  const AvTask task{input.path};
  CodecContext decoder(task.there(avcodec_alloc_context3(input.codec)));
  int code = avcodec_parameters_to_context(decoder.get(), input.stream->codecpar);
  decoder->thread_count = 1;
  decoder->max_pixels = kMaxImagePixels;
  decoder->pkt_timebase = input.stream->time_base;
  if (code >= 0) code = avcodec_open2(decoder.get(), input.codec, nullptr);
  if (code < 0) refuse_video(input.path, code);
  return decoder;
}

Keyframe file_begin(const FrameIndex& index) {
  return {.shown = std::numeric_limits<std::int64_t>::min(), .read = index.first_read};
}

// The last one before `time`. Frames that are shown before a keyframe and come after it in the file hang on
// frames that were not decoded.
Keyframe last_before(const FrameIndex& index, std::int64_t time) {
  Keyframe best = file_begin(index);
  for (const Keyframe& keyframe : index.keyframes) {
    if (keyframe.shown <= time && keyframe.shown > best.shown) best = keyframe;
  }
  return best;
}

/// Decodes from a keyframe on until all is gathered, a frame is damaged on which others may hang, or the file
/// ends.
class Decoding {
 public:
  Decoding(const VideoInput& input, const Keyframe& from, Gathering& gathering)
      : input_(input),
        from_(from),
        gathering_(gathering),
        decoder_(open_decoder(input)),
        frame_(AvTask{input.path}.there(av_frame_alloc())) {}

  void run() {
    AVFormatContext* format = input_.format.get();
    const int code = av_seek_frame(format, input_.stream->index, from_.read, kSeek);
    if (code < 0) refuse_video(input_.path, code);
    const Packet packet(AvTask{input_.path}.there(av_packet_alloc()));
    while (goes_on() && av_read_frame(format, packet.get()) >= 0) {
      if (packet->stream_index == input_.stream->index) decode(packet.get());
      av_packet_unref(packet.get());
    }
    if (format->pb->error < 0) refuse_video(input_.path, format->pb->error);
    if (goes_on()) decode(nullptr);
  }

 private:
  // To just there: what is no keyframe is asked for only where the file has none before.
  static constexpr int kSeek = AVSEEK_FLAG_BACKWARD | AVSEEK_FLAG_ANY;

  bool goes_on() const { return !is_damaged_ && !gathering_.is_whole(); }

  void decode(const AVPacket* packet) {
    const int sent = avcodec_send_packet(decoder_.get(), packet);
    if (sent < 0 && packet != nullptr) note_damage(packet->pts);
    int code = 0;
    while (goes_on() && (code = avcodec_receive_frame(decoder_.get(), frame_.get())) >= 0) {
      const bool is_bad = frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0;
      if (is_bad) note_damage(frame_->pts);
      if (goes_on()) gathering_.take(*frame_);
    }
    if (code < 0 && code != AVERROR(EAGAIN) && code != AVERROR_EOF) note_damage(from_.shown);
  }

  void note_damage(std::int64_t time) { is_damaged_ = is_damaged_ || time >= from_.shown; }

  const VideoInput& input_;
  Keyframe from_;
  Gathering& gathering_;
  CodecContext decoder_;
  Frame frame_;
  bool is_damaged_ = false;
};

std::vector<std::int64_t> times_of(const VideoInput& input, const FrameIndex& index,
                                   std::span<const int> frames) {
  std::vector<std::int64_t> times;
  for (const int frame : frames) {
    PIA_ASSERT(frame >= 0);
    if (static_cast<std::size_t>(frame) >= index.times.size()) {
      refuse_video(
          input.path,
          "has " + std::to_string(index.times.size()) + " frames and none of number " + std::to_string(frame),
          "leave it as it is while it is read");
    }
    times.push_back(index.times[static_cast<std::size_t>(frame)]);
  }
  PIA_ASSERT(!times.empty() && std::ranges::adjacent_find(times, std::greater_equal<>()) == times.end());
  return times;
}

}  // namespace

VideoFacts probe_with_ffmpeg(const std::string& path) {
  const VideoInput input = open_video(path);
  const FrameIndex index = index_frames(input);
  VideoFacts facts{
      .size = {input.stream->codecpar->width, input.stream->codecpar->height},
      .frames = static_cast<int>(index.times.size()),
      .seconds = static_cast<double>(index.end - index.times.front()) * av_q2d(input.stream->time_base)};
  if (orientation_of(*input.stream) >= 5) std::swap(facts.size.width, facts.size.height);
  return facts;
}

jobs::Clip read_with_ffmpeg(const std::string& path, std::span<const int> frames, const Reshape& reshape) {
  const VideoInput input = open_video(path);
  const FrameIndex index = index_frames(input);
  const std::vector<std::int64_t> times = times_of(input, index, frames);
  Gathering gathering(input, times, reshape);
  Decoding(input, last_before(index, times.front()), gathering).run();
  // Keyframes from which the picture only builds up, line by line, are no place to begin.
  if (!gathering.is_whole()) Decoding(input, file_begin(index), gathering).run();
  if (!gathering.is_whole()) {
    const int missing = frames[gathering.first_missing()];
    refuse_video(path, "is damaged: frame " + std::to_string(missing) + " can't be decoded", kAgain);
  }
  return std::move(gathering).clip();
}

}  // namespace pia::farm
