// SPDX-License-Identifier: Apache-2.0
#include "farm/media/video_reader.hpp"

#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <future>
#include <numeric>

#include "farm/media/codecs/encode.hpp"
#include "farm/media/video.hpp"
#include "jobs/core/error.hpp"
#include "tests/media/golden.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<int> all(int frames) {
  std::vector<int> numbers(static_cast<std::size_t>(frames));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::span<const std::uint8_t> frame_of(const jobs::Clip& clip, int frame) {
  return std::span(clip.rgb).subspan(clip.frame_bytes() * static_cast<std::size_t>(frame),
                                     clip.frame_bytes());
}

std::string sentence_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const jobs::InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string refusal(const std::string& path) {
  const std::string of_probe = sentence_of([&] { probe_video(path); });
  EXPECT_EQ(sentence_of([&] { read_frames(path, std::vector{0}); }), of_probe);
  return of_probe;
}

// A folder with a video, clip.mp4, of smooth_clip's frames.
class VideoReader : public testing::Test {
 protected:
  std::string write(const jobs::Clip& clip, int fps = 8) {
    write_video(clip, {.path = path, .fps = fps});
    return path;
  }
  std::string write_bytes(const std::string& bytes, const std::string& name = "other.mp4") const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }

  const tests::TempFolder folder;
  const std::string path = folder / "clip.mp4";
};

TEST_F(VideoReader, CountsFramesAndSeconds) {
  for (const int frames : {1, 2, 16, 40}) {
    const VideoFacts facts = probe_video(write(tests::smooth_clip(frames, 48, 32), 10));
    EXPECT_EQ(facts.frames, frames);
    EXPECT_NEAR(facts.seconds, frames / 10.0, 0.01);
    EXPECT_EQ(facts.size, (jobs::Size{48, 32}));
  }
}

TEST_F(VideoReader, GivesTheFramesThatWereWritten) {
  const jobs::Clip clip = tests::smooth_clip(20, 64, 48);
  const jobs::Clip read = read_frames(write(clip), all(20));
  ASSERT_EQ(read.frames, 20);
  ASSERT_EQ(read.frame_bytes(), clip.frame_bytes());
  for (int f = 0; f < 20; ++f) EXPECT_GT(tests::psnr(frame_of(read, f), frame_of(clip, f)), 35) << f;
}

// Long enough for several keyframes, which the encoder sets every 250 frames.
TEST_F(VideoReader, GivesAFrameTheSameBytesWhicheverFramesAreAskedForWithIt) {
  write(tests::smooth_clip(600, 32, 32));
  const jobs::Clip whole = read_frames(path, all(600));
  for (const std::vector<int>& numbers : std::vector<std::vector<int>>{
           {0}, {599}, {249}, {250}, {251, 257}, {100, 300, 500}, {498, 499, 500, 501}}) {
    const jobs::Clip some = read_frames(path, numbers);
    ASSERT_EQ(some.frames, static_cast<int>(numbers.size()));
    for (int i = 0; i < some.frames; ++i) {
      const int number = numbers[static_cast<std::size_t>(i)];
      EXPECT_EQ(tests::largest_difference(frame_of(some, i), frame_of(whole, number)), 0) << number;
    }
  }
}

TEST_F(VideoReader, ReshapesEachFrameBeforeItIsKept) {
  write(tests::smooth_clip(4, 32, 32));
  int calls = 0;
  const jobs::Clip clip = read_frames(path, std::vector{1, 3}, [&](const jobs::Image& frame) {
    ++calls;
    EXPECT_EQ(frame.width, 32);
    return jobs::Image{1, 1, {frame.rgb[0], frame.rgb[1], frame.rgb[2]}};
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(clip.width, 1);
  EXPECT_EQ(clip.rgb.size(), 6U);
}

// The matrix lies 40 bytes behind the name of the track's header: nine numbers of 32 bits.
std::string with_matrix(std::string bytes, const std::array<int, 4>& turn) {
  const std::size_t matrix = bytes.find("tkhd") + 4 + 40;
  const std::array<std::size_t, 4> places = {0, 1, 3, 4};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t byte = 0; byte < 4; ++byte) {
      const auto fixed = static_cast<std::uint32_t>(turn[i] * 65536);
      bytes[matrix + 4 * places[i] + byte] = static_cast<char>(fixed >> (24 - 8 * byte));
    }
  }
  return bytes;
}

// Four corners of colours of their own; which of them comes to which corner tells how it was turned.
TEST_F(VideoReader, TurnsFramesUprightAsTheDisplayMatrixSays) {
  jobs::Clip clip{2, 64, 32, std::vector<std::uint8_t>(std::size_t{2} * 64 * 32 * 3, 20)};
  for (int f = 0; f < 2; ++f) {
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 64; ++x) {
        const int corner = (x >= 32 ? 1 : 0) + (y >= 16 ? 2 : 0);
        std::uint8_t* pixel = &clip.rgb[clip.frame_bytes() * static_cast<std::size_t>(f) +
                                        std::size_t{3} * static_cast<std::size_t>(64 * y + x)];
        if (corner < 3) pixel[corner] = 200;
      }
    }
  }
  const std::string bytes = tests::file_text(write(clip));
  const auto corners = [&](const std::array<int, 4>& turn) {
    const std::string turned = write_bytes(with_matrix(bytes, turn));
    const jobs::Clip read = read_frames(turned, std::vector{1});
    EXPECT_EQ(probe_video(turned).size, (jobs::Size{read.width, read.height}));
    std::string seen = read.width > read.height ? "wide " : "tall ";
    const std::array<std::array<int, 2>, 3> places = {{{4, 4}, {read.width - 4, 4}, {4, read.height - 4}}};
    for (const auto& [x, y] : places) {
      const std::uint8_t* pixel = &read.rgb[std::size_t{3} * static_cast<std::size_t>(read.width * y + x)];
      seen += pixel[0] > 100 ? 'r' : pixel[1] > 100 ? 'g' : pixel[2] > 100 ? 'b' : '-';
    }
    return seen;
  };
  EXPECT_EQ(corners({1, 0, 0, 1}), "wide rgb");
  EXPECT_EQ(corners({-1, 0, 0, -1}), "wide -bg");
  EXPECT_EQ(corners({0, 1, -1, 0}), "tall br-") << "a quarter clockwise, as a telephone held upright has it";
  EXPECT_EQ(corners({0, -1, 1, 0}), "tall g-r");
  EXPECT_EQ(corners({-1, 0, 0, 1}), "wide gr-");
  EXPECT_EQ(corners({1, 0, 0, -1}), "wide b-r");
  EXPECT_EQ(corners({0, 1, 1, 0}), "tall rbg");
}

TEST_F(VideoReader, SaysWhatIsWrongWithAFileAndWhatToDo) {
  EXPECT_EQ(refusal(folder / "none.mp4"), "video " + folder / "none.mp4" + " is not there; check its path");
  EXPECT_EQ(refusal(folder.path()), "video " + folder.path() + " is not a file; name an MP4");
  EXPECT_EQ(refusal(write_bytes("")),
            "video " + folder / "other.mp4" + " is empty; copy it again from where it came from");
  EXPECT_THAT(refusal(write_bytes("videoid,name,page_dir\n1,a dog runs,x\n")),
              HasSubstr("other.mp4 is no MP4 or MOV; make an MP4 of it, with ffmpeg for instance"));
  EXPECT_THAT(refusal(tests::golden_image("rgb.png")), HasSubstr("is no MP4 or MOV"));
  EXPECT_THAT(refusal(write_bytes(std::string("\0\0\0\x20", 4) + "ftypisom" + std::string(20, '\0'))),
              HasSubstr("is cut off or damaged"));
}

TEST_F(VideoReader, RefusesWhatHasNoVideoInIt) {
  std::string bytes = tests::file_text(write(tests::smooth_clip(4, 32, 32)));
  bytes.replace(bytes.find("vide"), 4, "soun");
  EXPECT_THAT(refusal(write_bytes(bytes)), HasSubstr("has no video in it; name another"));
}

TEST_F(VideoReader, RefusesWhatHasNoFrames) {
  std::string bytes = tests::file_text(write(tests::smooth_clip(4, 32, 32)));
  bytes.replace(bytes.find("stsz"), 4, "skip");
  EXPECT_THAT(refusal(write_bytes(bytes)), HasSubstr("has no frames; copy it again"));
}

struct Movie {
  Encoding encoding;
  const char* container = "mov";
  std::string x264 = {};
  int frames = 1;
};

// Planes of one value that grows from frame to frame.
std::string bytes_of(const Movie& movie) {
  const std::string name = "movie";
  const AvTask task{name};
  const CodecContext encoder = make_encoder(movie.encoding, task);
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  Options options;
  if (!movie.x264.empty()) options.set("x264-params", movie.x264);
  open_encoder(*encoder, options, task);
  Muxer muxer(movie.container, *encoder, task);
  Options none;
  muxer.begin(none);
  const auto take = [&](AVPacket& packet) {
    packet.duration = 1;
    muxer.write(packet);
  };
  for (int f = 0; f < movie.frames; ++f) {
    const Frame frame = make_frame(movie.encoding.format, movie.encoding.size, task);
    for (const AVBufferRef* plane : frame->buf) {
      if (plane != nullptr) std::fill_n(plane->data, plane->size, static_cast<std::uint8_t>(7 + 2 * f));
    }
    frame->pts = f;
    encode_frame(*encoder, frame.get(), take, task);
  }
  encode_frame(*encoder, nullptr, take, task);
  const auto bytes = muxer.finish();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// PNG knows no largest size.
Movie png_movie(jobs::Size size) {
  return {.encoding = {.encoder = "png", .format = AV_PIX_FMT_RGB24, .size = size, .time_base = {1, 8}}};
}

TEST_F(VideoReader, TakesMoviesOfOtherCodes) {
  const jobs::Clip clip = read_frames(write_bytes(bytes_of(png_movie({24, 16}))), std::vector{0});
  EXPECT_EQ(clip, (jobs::Clip{1, 24, 16, std::vector<std::uint8_t>(std::size_t{24} * 16 * 3, 7)}));
}

// So frames just behind such a keyframe can't be decoded from it on.
TEST_F(VideoReader, GivesEachFrameWherePicturesBuildUpColumnByColumn) {
  const std::string file = write_bytes(bytes_of({.encoding = {.encoder = "libx264",
                                                              .format = AV_PIX_FMT_YUV420P,
                                                              .size = {128, 128},
                                                              .time_base = {1, 8}},
                                                 .container = "mp4",
                                                 .x264 = "intra-refresh=1:keyint=30",
                                                 .frames = 100}));
  const jobs::Clip whole = read_frames(file, all(100));
  for (int number = 0; number < 100; number += 3) {
    const jobs::Clip one = read_frames(file, std::vector{number});
    EXPECT_EQ(tests::largest_difference(one.rgb, frame_of(whole, number)), 0) << number;
  }
}

TEST_F(VideoReader, RefusesFramesLargerThanPicturesMayBe) {
  EXPECT_THAT(refusal(write_bytes(bytes_of(png_movie({16400, 16})))),
              HasSubstr("is too large: 16400 x 16; scale it down to at most 16384 a side and 64 megapixels"));
}

TEST_F(VideoReader, RefusesAFrameThatIsNotThere) {
  write(tests::smooth_clip(4, 32, 32));
  EXPECT_THAT(sentence_of([&] {
                read_frames(path, std::vector{2, 4});
              }),
              HasSubstr("has 4 frames and none of number 4"));
}

// The index comes first, so that a cut takes frames away; what is behind the last frame may go.
TEST_F(VideoReader, GivesOfACutFileTheRightFramesOrNone) {
  const std::string bytes = tests::file_text(write(tests::smooth_clip(24, 48, 32)));
  const jobs::Clip whole = read_frames(path, all(24));
  int refused = 0;
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 400) {
    const std::string cut = write_bytes(bytes.substr(0, length));
    const std::string said = sentence_of([&] { EXPECT_EQ(read_frames(cut, all(24)), whole) << length; });
    if (said == "no error") continue;
    ++refused;
    EXPECT_THAT(said, StartsWith("video " + cut + " ")) << length;
    EXPECT_THAT(said, HasSubstr(length < 8 ? "; " : "; copy it again from where it came from")) << length;
  }
  EXPECT_GT(refused, 300);
}

TEST_F(VideoReader, EndsWhateverBytesAreWrong) {
  const std::string bytes = tests::file_text(write(tests::smooth_clip(12, 48, 32)));
  std::uint32_t chance = 1;
  const auto draw = [&] { return chance = chance * 1664525 + 1013904223; };
  for (int round = 0; round < 1500; ++round) {
    std::string broken = bytes;
    for (int flips = 0; flips < 1 + round % 4; ++flips) {
      broken[draw() / 7 % broken.size()] = static_cast<char>(draw() >> 24U);
    }
    const std::string file = write_bytes(broken);
    sentence_of([&] {
      const VideoFacts facts = probe_video(file);
      read_frames(file, std::vector{facts.frames / 2});
    });
  }
}

// Playlists and the like name other files and addresses.
TEST_F(VideoReader, OpensNoOtherFile) {
  write(tests::smooth_clip(2, 32, 32));
  EXPECT_THAT(refusal(write_bytes("ffconcat version 1.0\nfile clip.mp4\n")), HasSubstr("is no MP4 or MOV"));
  EXPECT_THAT(refusal(write_bytes("#EXTM3U\n#EXTINF:1,\nclip.mp4\n")), HasSubstr("is no MP4 or MOV"));
}

TEST_F(VideoReader, ReadsOnSeveralThreadsAsOnOne) {
  write(tests::smooth_clip(16, 64, 48));
  const jobs::Clip alone = read_frames(path, all(16));
  std::vector<std::future<jobs::Clip>> together(4);
  for (auto& one : together) one = std::async(std::launch::async, [&] { return read_frames(path, all(16)); });
  for (auto& one : together) EXPECT_TRUE(one.get() == alone);
}

TEST_F(VideoReader, PrintsNothing) {
  ::testing::internal::CaptureStderr();
  write(tests::smooth_clip(4, 33, 17));
  read_frames(path, all(4));
  refusal(write_bytes(tests::file_text(path).substr(0, 1000)));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace pia::farm
