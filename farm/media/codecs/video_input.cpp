// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/video_input.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "farm/media/codecs/mp4_boxes.hpp"
#include "farm/media/image_file.hpp"
#include "farm/media/video_reader.hpp"
#include "jobs/core/error.hpp"

extern "C" {
#include <libavutil/mem.h>
}

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCopy = "copy it again from where it came from";
constexpr const char* kConvert = "make an MP4 of it, with ffmpeg for instance";

// A file of a few bytes can claim billions of frames, and FFmpeg makes room for them.
constexpr std::size_t kMostAtOnce = std::size_t{512} << 20U;

[[noreturn]] void refuse_unread(const std::string& path, int error_number) {
  if (jobs::is_passing(error_number)) {
    throw jobs::StorageError("video " + path + " can't be read; check its disk or network file system",
                             error_number);
  }
  refuse_video(path, "can't be read", "check its permissions and its disk");
}

void check_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::status_known(status)) refuse_unread(path, error.value());
  if (!fs::exists(status)) refuse_video(path, "is not there", "check its path");
  if (!fs::is_regular_file(status)) refuse_video(path, "is not a file", "name an MP4");
}

void check_boxes(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse_unread(path, errno);
  if (file.peek() == std::ifstream::traits_type::eof() && !file.bad()) refuse_video(path, "is empty", kCopy);
  const Mp4Look look = look_at_boxes(file);
  if (!file) refuse_unread(path, errno);
  if (look == Mp4Look::no_mp4) refuse_video(path, "is no MP4 or MOV", kConvert);
  if (look == Mp4Look::cut) refuse_video(path, "is cut off", kCopy);
}

InputContext opened(const std::string& path) {
  const AVInputFormat* mp4 = av_find_input_format("mov");
  if (mp4 == nullptr) {
    throw jobs::Error(jobs::ExitCode::unavailable,
                      "video " + path + " can't be read: this FFmpeg was built without MP4; install another");
  }
  Options options;
  options.set("protocol_whitelist", "file");
  AVFormatContext* context = nullptr;
  const int code = avformat_open_input(&context, ("file:" + path).c_str(), mp4, options.get());
  InputContext input(context);
  if (code < 0) refuse_video(path, code);
  return input;
}

// Decodes a little, where the header does not say all.
void look_into(AVFormatContext& format, const std::string& path) {
  std::vector<AVDictionary*> limits(format.nb_streams, nullptr);
  for (AVDictionary*& limit : limits) av_dict_set_int(&limit, "max_pixels", kMaxImagePixels, 0);
  const int code = avformat_find_stream_info(&format, limits.data());
  for (AVDictionary*& limit : limits) av_dict_free(&limit);
  if (code < 0) refuse_video(path, code);
}

void choose_stream(VideoInput& input) {
  AVFormatContext& format = *input.format;
  const int number = av_find_best_stream(&format, AVMEDIA_TYPE_VIDEO, -1, -1, &input.codec, 0);
  if (number == AVERROR_DECODER_NOT_FOUND) {
    refuse_video(input.path, "is in a code that this FFmpeg can't decode",
                 "make an MP4 with H.264 of it, with ffmpeg for instance");
  }
  const bool is_cover =
      number >= 0 && (format.streams[number]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  if (number < 0 || is_cover) refuse_video(input.path, "has no video in it", "name another");
  for (unsigned i = 0; i < format.nb_streams; ++i) format.streams[i]->discard = AVDISCARD_ALL;
  input.stream = format.streams[number];
  input.stream->discard = AVDISCARD_DEFAULT;
}

void check_size(const VideoInput& input) {
  const int width = input.stream->codecpar->width;
  const int height = input.stream->codecpar->height;
  if (width < 1 || height < 1) refuse_video(input.path, "does not say how large its frames are", kConvert);
  if (width <= kMaxImageSide && height <= kMaxImageSide && std::int64_t{width} * height <= kMaxImagePixels) {
    return;
  }
  refuse_video(input.path, "is too large: " + std::to_string(width) + " x " + std::to_string(height),
               "scale it down to at most " + std::to_string(kMaxImageSide) + " a side and " +
                   std::to_string(kMaxImagePixels / 1'000'000) + " megapixels");
}

void add(FrameIndex& index, const AVPacket& packet) {
  if (packet.size == 0 || packet.pts == AV_NOPTS_VALUE || packet.dts == AV_NOPTS_VALUE) return;
  if (index.times.empty() && index.keyframes.empty()) index.first_read = packet.dts;
  if ((packet.flags & AV_PKT_FLAG_KEY) != 0) {
    index.keyframes.push_back({.shown = packet.pts, .read = packet.dts});
  }
  if ((packet.flags & AV_PKT_FLAG_DISCARD) != 0) return;
  index.times.push_back(packet.pts);
  index.end = std::max(index.end, packet.pts + packet.duration);
}

void read_packets(const VideoInput& input, FrameIndex& index) {
  const AvTask task{input.path};
  const Packet packet(task.there(av_packet_alloc()));
  int count = 0;
  int code = 0;
  while ((code = av_read_frame(input.format.get(), packet.get())) >= 0) {
    if (packet->stream_index == input.stream->index) add(index, *packet);
    if ((packet->flags & AV_PKT_FLAG_CORRUPT) != 0) refuse_video(input.path, "is cut off", kCopy);
    av_packet_unref(packet.get());
    if (++count > kMaxVideoFrames) {
      refuse_video(input.path, "has more than " + std::to_string(kMaxVideoFrames) + " frames",
                   "cut it into parts");
    }
  }
  if (code != AVERROR_EOF) refuse_video(input.path, code);
  if (input.format->pb->error < 0) refuse_video(input.path, input.format->pb->error);
}

const std::int32_t* display_matrix(const AVStream& stream) {
// From FFmpeg 6.1 on it belongs to the codec's parameters.
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100)
  const AVPacketSideData* data = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data == nullptr || data->size < 36 ? nullptr : reinterpret_cast<const std::int32_t*>(data->data);
#else
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data == nullptr || size < 36 ? nullptr : reinterpret_cast<const std::int32_t*>(data);
#endif
}

}  // namespace

void refuse_video(const std::string& path, const std::string& problem, const std::string& mend) {
  throw jobs::InputError("video " + path + " " + problem + "; " + mend);
}

void refuse_video(const std::string& path, int code) {
  if (code == AVERROR(ENOMEM)) refuse_video(path, "takes more memory than a video should", kConvert);
  const int error_number = AVUNERROR(code);
  if (error_number == EACCES || jobs::is_passing(error_number)) refuse_unread(path, error_number);
  const std::string said = last_words();
  refuse_video(path, "is cut off or damaged" + (said.empty() ? "" : " (" + said + ")"), kCopy);
}

VideoInput open_video(const std::string& path) {
  quiet_ffmpeg();
  av_max_alloc(kMostAtOnce);
  check_file(path);
  check_boxes(path);
  VideoInput input{.path = path, .format = opened(path)};
  look_into(*input.format, path);
  choose_stream(input);
  check_size(input);
  return input;
}

FrameIndex index_frames(const VideoInput& input) {
  FrameIndex index;
  read_packets(input, index);
  std::ranges::sort(index.times);
  index.times.erase(std::unique(index.times.begin(), index.times.end()), index.times.end());
  if (index.times.empty()) refuse_video(input.path, "has no frames", kCopy);
  return index;
}

// ISO/IEC 14496-12, 6.2.2: what is at (x, y) is shown at (a x + c y, b x + d y), moved to where it can be
// seen.
int orientation_of(const AVStream& stream) {
  const std::int32_t* matrix = display_matrix(stream);
  if (matrix == nullptr) return 1;
  const std::int32_t a = matrix[0];
  const std::int32_t b = matrix[1];
  const std::int32_t c = matrix[3];
  const std::int32_t d = matrix[4];
  if (b == 0 && c == 0) {
    if (d < 0) return a < 0 ? 3 : 4;
    return a < 0 ? 2 : 1;
  }
  if (a != 0 || d != 0) return 1;
  if (b < 0) return c < 0 ? 7 : 8;
  return c < 0 ? 6 : 5;
}

}  // namespace pia::farm
