// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "farm/media/video.hpp"
#include "jobs/core/shot.hpp"
#include "tests/media/golden.hpp"
#include "tests/media/read_video.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using tests::read_video;
using tests::VideoFound;

std::string gif_of(const jobs::Clip& clip, int fps, const std::string& metadata = "") {
  const auto bytes = encode_video(
      clip, {.path = "clip.gif", .format = jobs::VideoFormat::gif, .fps = fps, .metadata = metadata});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The delays in the graphic control extensions, 1/100 s. Their lead-in could occur in pixel data by chance:
/// in these clips it does not, as the number of delays shows.
std::vector<int> delays(const std::string& gif) {
  std::vector<int> found;
  for (std::size_t at = 0; (at = gif.find("\x21\xf9\x04", at)) != std::string::npos; ++at) {
    found.push_back(static_cast<unsigned char>(gif[at + 4]) + 256 * static_cast<unsigned char>(gif[at + 5]));
  }
  return found;
}

VideoFound written(const jobs::Clip& clip, const std::string& metadata = "") {
  const tests::TempFolder folder;
  const std::string path = folder / "clip.gif";
  write_video(clip, {.path = path, .format = jobs::VideoFormat::gif, .fps = 8, .metadata = metadata});
  return read_video(path);
}

TEST(Gif, Of16FramesAt8AsecondLastsExactly2Seconds) {
  const std::vector<int> all = delays(gif_of(tests::smooth_clip(16, 32, 24), 8));
  ASSERT_EQ(all.size(), 16U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i % 2 == 0 ? 12 : 13);
  EXPECT_EQ(std::accumulate(all.begin(), all.end(), 0), 200);
}

TEST(Gif, LastsAsLongAsItsFramesAtAnySpeed) {
  for (const int fps : {1, 3, 7, 8, 12, 24, 25, 30, 50, 60, 100, 240}) {
    for (const int frames : {2, 5, 16, 31}) {
      SCOPED_TRACE(std::to_string(frames) + " frames at " + std::to_string(fps));
      const std::vector<int> all = delays(gif_of(tests::smooth_clip(frames, 8, 8), fps));
      EXPECT_NEAR(std::accumulate(all.begin(), all.end(), 0), 100.0 * frames / fps, 0.51);
      EXPECT_TRUE(fps > 50 || all.size() == static_cast<std::size_t>(frames));
      EXPECT_TRUE(all.size() == 1 || *std::min_element(all.begin(), all.end()) >= 2);
    }
  }
}

TEST(Gif, HoldsAnIdenticalFrameForItsTime) {
  jobs::Clip still = tests::smooth_clip(1, 16, 16);
  const std::vector<std::uint8_t> frame = still.rgb;
  for (int i = 0; i < 15; ++i) still.rgb.insert(still.rgb.end(), frame.begin(), frame.end());
  still.frames = 16;
  const std::vector<int> all = delays(gif_of(still, 8));
  EXPECT_EQ(std::accumulate(all.begin(), all.end(), 0), 200);
}

TEST(Gif, LoopsForEver) {
  const std::string gif = gif_of(tests::smooth_clip(4, 16, 16), 8);
  EXPECT_NE(gif.find(std::string("\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", 19)), std::string::npos);
}

TEST(Gif, HasAPaletteOfItsOwn) {
  const jobs::Clip clip = tests::smooth_clip(16, 64, 48);
  const VideoFound found = written(clip);
  ASSERT_EQ(found.frames.size(), 16U);
  for (std::size_t f = 0; f < 16; ++f) {
    const std::span<const std::uint8_t> frame(clip.rgb.data() + f * clip.frame_bytes(), clip.frame_bytes());
    // The fixed 3-3-2 palette reaches 25 dB at best.
    EXPECT_GT(tests::psnr(found.frames[f], frame), 32) << f;
  }
}

TEST(Gif, KeepsFewColoursExactly) {
  jobs::Clip clip{2, 8, 8, {}};
  for (int i = 0; i < 2 * 64; ++i) {
    const std::vector<std::uint8_t> colour =
        i % 3 == 0 ? std::vector<std::uint8_t>{13, 77, 201} : std::vector<std::uint8_t>{250, 3, 99};
    clip.rgb.insert(clip.rgb.end(), colour.begin(), colour.end());
  }
  const VideoFound found = written(clip);
  const std::span<const std::uint8_t> second(clip.rgb.data() + clip.frame_bytes(), clip.frame_bytes());
  EXPECT_EQ(tests::largest_difference(found.frames.at(1), second), 0);
}

TEST(Gif, TakesOneFrameAndTinyAndOddSizes) {
  for (const jobs::Size size : {jobs::Size{8, 8}, {1, 1}, {33, 17}}) {
    EXPECT_EQ(written(tests::smooth_clip(1, size.width, size.height)).width, size.width);
    EXPECT_EQ(written(tests::smooth_clip(3, size.width, size.height)).frames.size(), 3U);
  }
}

TEST(Gif, KeepsTheRecipeAsComment) {
  for (const std::size_t length : {1U, 255U, 256U, 5000U}) {
    const std::string recipe = std::string(length, 'x');
    const std::string gif = gif_of(tests::smooth_clip(2, 16, 16), 8, recipe);
    const std::size_t at = gif.find("\x21\xfe");
    ASSERT_NE(at, std::string::npos);
    std::string text;
    for (std::size_t block = at + 2; gif[block] != 0; block += 1 + static_cast<unsigned char>(gif[block])) {
      text += gif.substr(block + 1, static_cast<unsigned char>(gif[block]));
    }
    EXPECT_EQ(text, recipe);
  }
  EXPECT_EQ(written(tests::smooth_clip(2, 16, 16), "{\"seed\":\"7\"}").metadata["comment"],
            "{\"seed\":\"7\"}");
}

TEST(Gif, IsTheSameBytesEachTime) {
  const jobs::Clip clip = tests::smooth_clip(8, 32, 24);
  EXPECT_EQ(gif_of(clip, 8), gif_of(clip, 8));
}

}  // namespace
}  // namespace pia::farm
