// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

#include "farm/media/video.hpp"
#include "jobs/core/shot.hpp"
#include "tests/media/golden.hpp"
#include "tests/media/read_video.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using tests::read_video;
using tests::VideoFound;

VideoFound written(const jobs::Clip& clip, int fps = 8, const std::string& metadata = "") {
  const tests::TempFolder folder;
  const std::string path = folder / "clip.mp4";
  write_video(clip,
              {.path = path, .format = jobs::VideoFormat::mp4, .fps = fps, .crf = 18, .metadata = metadata});
  return read_video(path);
}

std::vector<std::uint8_t> frame_of(const jobs::Clip& clip, int frame) {
  const auto from = clip.rgb.begin() + frame * static_cast<std::ptrdiff_t>(clip.frame_bytes());
  return {from, from + static_cast<std::ptrdiff_t>(clip.frame_bytes())};
}

/// One colour in every pixel.
jobs::Clip flat(int frames, int width, int height, const std::vector<std::uint8_t>& colour) {
  jobs::Clip clip{frames, width, height, {}};
  for (int i = 0; i < frames * width * height; ++i)
    clip.rgb.insert(clip.rgb.end(), colour.begin(), colour.end());
  return clip;
}

TEST(Mp4, IsWhatEveryPlayerReads) {
  const VideoFound found = written(tests::smooth_clip(16, 64, 48));
  EXPECT_EQ(found.codec, "h264");
  EXPECT_EQ(found.pixel_format, "yuv420p");
  EXPECT_EQ(found.colours, "bt709/bt709/bt709/tv");
  EXPECT_EQ(found.width, 64);
  EXPECT_EQ(found.height, 48);
}

TEST(Mp4, HasEveryFrameAtItsTime) {
  for (const int frames : {1, 2, 16, 24}) {
    for (const int fps : {1, 8, 24, 30}) {
      SCOPED_TRACE(std::to_string(frames) + " frames at " + std::to_string(fps));
      const VideoFound found = written(tests::smooth_clip(frames, 16, 16), fps);
      ASSERT_EQ(found.frames.size(), static_cast<std::size_t>(frames));
      EXPECT_NEAR(found.duration, static_cast<double>(frames) / fps, 0.002);
      for (int f = 0; f < frames; ++f) {
        EXPECT_NEAR(static_cast<double>(found.starts[static_cast<std::size_t>(f)]), 1000.0 * f / fps, 1.0);
      }
    }
  }
}

TEST(Mp4, LooksLikeTheFrames) {
  const jobs::Clip clip = tests::smooth_clip(16, 64, 48);
  const VideoFound found = written(clip);
  for (int f = 0; f < clip.frames; ++f) {
    EXPECT_GT(tests::psnr(found.frames.at(static_cast<std::size_t>(f)), frame_of(clip, f)), 35) << f;
  }
}

TEST(Mp4, KeepsColoursInBt709) {
  for (const std::vector<std::uint8_t>& colour : std::vector<std::vector<std::uint8_t>>{
           {0, 0, 0}, {255, 255, 255}, {128, 128, 128}, {220, 40, 40}, {40, 200, 60}, {30, 60, 220}}) {
    const jobs::Clip clip = flat(2, 32, 32, colour);
    EXPECT_LE(tests::largest_difference(written(clip).frames.at(0), frame_of(clip, 0)), 4)
        << int{colour[0]} << " " << int{colour[1]} << " " << int{colour[2]};
  }
}

TEST(Mp4, RepeatsTheLastRowAndColumnOfOddSizes) {
  for (const jobs::Size size : {jobs::Size{33, 17}, {8, 9}, {9, 8}, {1, 1}, {2, 2}, {8, 8}}) {
    SCOPED_TRACE(std::to_string(size.width) + " x " + std::to_string(size.height));
    const VideoFound found = written(flat(3, size.width, size.height, {200, 120, 60}));
    EXPECT_EQ(found.width, size.width + size.width % 2);
    EXPECT_EQ(found.height, size.height + size.height % 2);
    const std::vector<std::uint8_t> whole = flat(1, found.width, found.height, {200, 120, 60}).rgb;
    EXPECT_LE(tests::largest_difference(found.frames.at(2), whole), 4);
  }
}

TEST(Mp4, RepeatsTheLastRowNotAnother) {
  jobs::Clip clip = flat(1, 31, 17, {0, 0, 0});
  std::fill(clip.rgb.begin() + 3 * 31 * 9, clip.rgb.end(), 255);
  const std::vector<std::uint8_t> found = written(clip).frames.at(0);
  EXPECT_LE(found.front(), 20);
  EXPECT_GE(*std::min_element(found.end() - 3 * 32, found.end()), 235);
}

TEST(Mp4, HasItsIndexInFrontOfItsPictures) {
  const auto bytes = encode_video(tests::smooth_clip(16, 64, 48), {.path = "clip.mp4"});
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  ASSERT_NE(text.find("moov"), std::string::npos);
  EXPECT_LT(text.find("moov"), text.find("mdat"));
}

TEST(Mp4, KeepsTheRecipeAsComment) {
  const std::string recipe =
      R"({"prompt":"1girl, \"smiling\" & crying <b>","seed":"18446744073709551615"} é 😀)" +
      std::string(20000, 'x');
  EXPECT_EQ(written(tests::smooth_clip(2, 16, 16), 8, recipe).metadata["comment"], recipe);
  EXPECT_EQ(written(tests::smooth_clip(2, 16, 16)).metadata.count("comment"), 0U);
}

/// Encodes on a heap where fresh memory holds `fill`.
std::vector<std::byte> encoded_on_a_heap_of(int fill, const jobs::Clip& clip) {
  mallopt(M_PERTURB, fill);
  auto bytes = encode_video(clip, {.path = "clip.mp4"});
  mallopt(M_PERTURB, 0);
  return bytes;
}

TEST(Mp4, IsTheSameBytesWhateverMemoryHeldBefore) {
  const jobs::Clip clip = tests::smooth_clip(16, 64, 48);
  const auto bytes = encoded_on_a_heap_of(1, clip);
  for (const int fill : {30, 77, 128, 200, 255})
    EXPECT_TRUE(bytes == encoded_on_a_heap_of(fill, clip)) << fill;
}

TEST(Mp4, CrfDecidesItsSize) {
  const jobs::Clip clip = tests::smooth_clip(16, 64, 48);
  EXPECT_LT(encode_video(clip, {.path = "a.mp4", .crf = 40}).size(),
            encode_video(clip, {.path = "a.mp4", .crf = 5}).size());
}

}  // namespace
}  // namespace pia::farm
