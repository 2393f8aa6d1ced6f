// SPDX-License-Identifier: Apache-2.0
#include "farm/media/resize.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "jobs/core/words.hpp"
#include "renderer/weights/safetensors.hpp"
#include "tests/media/golden.hpp"

namespace pia::farm {
namespace {

jobs::Image grey(int width, int height, std::uint8_t value) {
  return {width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), value)};
}

TEST(Resize, IsPillowsToTheByte) {
  std::istringstream lines(tests::file_text(tests::golden_image("resize.txt")));
  std::string source;
  std::string operation;
  jobs::Image image;
  jobs::Geometry geometry;
  jobs::Size first;
  int line = 0;
  for (; lines >> source >> image.width >> image.height >> operation >> geometry.size.width >>
         geometry.size.height >> first.width >> first.height;
       ++line) {
    SCOPED_TRACE(source + " " + operation + ", line " + std::to_string(line));
    image.rgb = tests::file_values(tests::golden_image(source + ".rgb"));
    geometry.resize = *jobs::from_word<jobs::Resize>(operation);
    geometry.first = first.width > 0 ? std::optional(first) : std::nullopt;
    const jobs::Image resized = apply_geometry(image, geometry);
    EXPECT_EQ(resized.width, geometry.size.width);
    EXPECT_EQ(resized.height, geometry.size.height);
    const auto expected = tests::file_values(tests::golden_image("resize-" + std::to_string(line) + ".rgb"));
    EXPECT_EQ(tests::largest_difference(resized.rgb, expected), 0);
  }
  EXPECT_EQ(line, 26);
}

jobs::Image image_of(const renderer::TensorView& view) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
  return {static_cast<int>(view.shape[1]), static_cast<int>(view.shape[0]),
          std::vector<std::uint8_t>(first, first + view.bytes.size())};
}

TEST(Resize, BugAGoldenCameFromAPillowThatResizesColumnsFirst) {
  const renderer::SafetensorsFile file(std::string(PIA_GOLDEN) + "/resize.safetensors");
  std::map<std::string, jobs::Image> images;
  for (const renderer::TensorView& view : file.tensors()) images[view.name] = image_of(view);
  ASSERT_EQ(images.size(), 12U);
  for (int k = 0; k < 6; ++k) {
    const jobs::Image& expected = images.at("out_" + std::to_string(k));
    const jobs::Image found =
        resize_bicubic(images.at("in_" + std::to_string(k)), {expected.width, expected.height});
    EXPECT_EQ(found, expected) << k << ", Pillow " << file.metadata().at("pillow");
  }
}

TEST(Resize, KeepsAFlatColourFlat) {
  for (const std::uint8_t value : std::initializer_list<std::uint8_t>{0, 1, 127, 255}) {
    EXPECT_EQ(resize_bicubic(grey(13, 7, value), {40, 3}), grey(40, 3, value));
  }
}

TEST(Resize, ToTheSameSizeChangesNothing) {
  const jobs::Clip clip = tests::smooth_clip(1, 9, 6);
  const jobs::Image image{9, 6, clip.rgb};
  EXPECT_EQ(resize_bicubic(image, {9, 6}), image);
}

TEST(Geometry, CropOfAHairThinPictureStaysSmallInMemory) {
  jobs::Geometry geometry{.size = {512, 512}, .resize = jobs::Resize::crop, .first = {}};
  EXPECT_EQ(apply_geometry(grey(16384, 1, 9), geometry), grey(512, 512, 9));
  EXPECT_EQ(apply_geometry(grey(1, 16384, 9), geometry), grey(512, 512, 9));
}

TEST(Geometry, PadOfAHairThinPictureKeepsALine) {
  jobs::Geometry geometry{.size = {64, 64}, .resize = jobs::Resize::pad, .first = {}};
  const jobs::Image padded = apply_geometry(grey(16384, 1, 200), geometry);
  EXPECT_EQ(padded.rgb[0], 0);
  EXPECT_EQ(std::count(padded.rgb.begin(), padded.rgb.end(), 200), 3 * 64);
}

TEST(Geometry, PadPutsBlackAround) {
  jobs::Geometry geometry{.size = {8, 4}, .resize = jobs::Resize::pad, .first = {}};
  const jobs::Image padded = apply_geometry(grey(4, 4, 255), geometry);
  EXPECT_EQ(padded.rgb[0], 0);
  EXPECT_EQ(padded.rgb[3 * 2], 255);
  EXPECT_EQ(padded.rgb[3 * 6], 0);
}

}  // namespace
}  // namespace pia::farm
