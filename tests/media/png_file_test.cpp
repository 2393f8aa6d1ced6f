// SPDX-License-Identifier: Apache-2.0
#include "farm/media/png_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "farm/media/image_file.hpp"
#include "farm/media/video.hpp"
#include "tests/media/golden.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using tests::read_image;

jobs::Image frame_of(const jobs::Clip& clip, int frame) {
  const auto from = clip.rgb.begin() + frame * static_cast<std::ptrdiff_t>(clip.frame_bytes());
  return {clip.width, clip.height, {from, from + static_cast<std::ptrdiff_t>(clip.frame_bytes())}};
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::string png_text(const std::string& comment) {
  const auto bytes = encode_png(frame_of(tests::smooth_clip(1, 9, 7), 0), comment);
  EXPECT_NO_THROW(probe_image_bytes(bytes, "x.png"));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Png, ReadsBackTheSame) {
  const jobs::Image image = frame_of(tests::smooth_clip(1, 33, 17), 0);
  EXPECT_EQ(read_image_bytes(encode_png(image, "{\"seed\":\"7\"}"), "x.png"), image);
}

TEST(Png, KeepsAsciiAsTextAndTheRestAsInternationalText) {
  EXPECT_NE(png_text("{\"seed\":\"7\"}").find(std::string("tEXtComment\0{\"seed\":\"7\"}", 24)),
            std::string::npos);
  EXPECT_NE(png_text("é").find(std::string("iTXtComment\0\0\0\0\0é", 18)), std::string::npos);
  EXPECT_EQ(png_text("").find("Comment"), std::string::npos);
}

TEST(PngFrames, AreAFolderOfExactPictures) {
  const tests::TempFolder folder;
  const jobs::Clip clip = tests::smooth_clip(3, 16, 8);
  write_video(clip, {.path = folder / "clip", .format = jobs::VideoFormat::png, .metadata = "recipe"});
  EXPECT_EQ(names_in(folder / "clip"), (std::vector<std::string>{"0000.png", "0001.png", "0002.png"}));
  for (int f = 0; f < 3; ++f) {
    const std::string path = folder / "clip/000" + std::to_string(f) + ".png";
    EXPECT_EQ(read_image(path), frame_of(clip, f));
    EXPECT_NE(tests::file_text(path).find("recipe"), std::string::npos);
  }
}

TEST(PngFrames, OfAShorterClipReplaceThoseOfALonger) {
  const tests::TempFolder folder;
  const VideoSpec spec{.path = folder / "clip", .format = jobs::VideoFormat::png};
  write_video(tests::smooth_clip(5, 8, 8), spec);
  std::ofstream(folder / "clip/notes.txt") << "mine";
  std::ofstream(folder / "clip/0003.png.e3-video.tmp") << "half";
  write_video(tests::smooth_clip(2, 16, 8), spec);
  EXPECT_EQ(names_in(folder / "clip"), (std::vector<std::string>{"0000.png", "0001.png", "notes.txt"}));
  EXPECT_EQ(read_image(folder / "clip/0001.png").width, 16);
}

}  // namespace
}  // namespace pia::farm
