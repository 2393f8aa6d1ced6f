// SPDX-License-Identifier: Apache-2.0
#include "farm/media/contact_sheet.hpp"

#include <gtest/gtest.h>

#include "tests/media/golden.hpp"

namespace pia::farm {
namespace {

/// Frame f is all of value f.
jobs::Clip counting_clip(int frames, int width, int height) {
  jobs::Clip clip{frames, width, height, {}};
  for (int f = 0; f < frames; ++f)
    clip.rgb.insert(clip.rgb.end(), clip.frame_bytes(), static_cast<std::uint8_t>(f));
  return clip;
}

int pixel(const jobs::Image& image, int x, int y) {
  return image.rgb.at(static_cast<std::size_t>(3 * (y * image.width + x)));
}

TEST(ContactSheet, HasARowAClipAndSpreadsItsFrames) {
  const std::vector<jobs::Clip> clips{counting_clip(16, 20, 20), counting_clip(2, 20, 20)};
  const jobs::Image sheet = contact_sheet(clips, {.cell = {10, 10}, .columns = 4, .gap = 2});
  EXPECT_EQ(sheet.width, 2 + 4 * 12);
  EXPECT_EQ(sheet.height, 2 + 2 * 12);
  EXPECT_EQ(pixel(sheet, 0, 0), 255);
  EXPECT_EQ(pixel(sheet, 2, 2), 0);
  EXPECT_EQ(pixel(sheet, 14, 2), 5);
  EXPECT_EQ(pixel(sheet, 26, 2), 10);
  EXPECT_EQ(pixel(sheet, 38, 2), 15);
  EXPECT_EQ(pixel(sheet, 14, 14), 1);
  EXPECT_EQ(pixel(sheet, 26, 14), 255);
}

TEST(ContactSheet, KeepsTheAspectInTheMiddleOfItsCell) {
  const std::vector<jobs::Clip> clips{counting_clip(1, 40, 20)};
  const jobs::Image sheet = contact_sheet(clips, {.cell = {10, 10}, .columns = 1, .gap = 0});
  EXPECT_EQ(pixel(sheet, 5, 1), 255);
  EXPECT_EQ(pixel(sheet, 0, 4), 0);
  EXPECT_EQ(pixel(sheet, 9, 4), 0);
  EXPECT_EQ(pixel(sheet, 5, 8), 255);
}

}  // namespace
}  // namespace pia::farm
