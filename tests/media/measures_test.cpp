// SPDX-License-Identifier: Apache-2.0
#include "farm/media/measures.hpp"

#include <gtest/gtest.h>

namespace pia::farm {
namespace {

/// Frames of two pixels by one, each of one grey.
jobs::Clip clip_of(const std::vector<int>& greys) {
  jobs::Clip clip{.frames = static_cast<int>(greys.size()), .width = 2, .height = 1, .rgb = {}};
  for (const int grey : greys) clip.rgb.insert(clip.rgb.end(), 6, static_cast<std::uint8_t>(grey));
  return clip;
}

jobs::Image picture_of(std::vector<std::uint8_t> rgb) {
  return {.width = 2, .height = 1, .rgb = std::move(rgb)};
}

jobs::Measures all_of(const jobs::Clip& clip, int condition_frame = 0) {
  const jobs::Image grey = picture_of(std::vector<std::uint8_t>(6, 100));
  return measured({.clip = clip, .picture = grey, .condition_frame = condition_frame}, jobs::kMetrics);
}

double psnr_of(const jobs::Clip& clip, std::vector<std::uint8_t> rgb, int condition_frame = 0) {
  const jobs::Image picture = picture_of(std::move(rgb));
  return measured({.clip = clip, .picture = picture, .condition_frame = condition_frame}, jobs::kMetrics)
      .psnr.value_or(-1);
}

TEST(Measures, PsnrComparesTheConditionFrameWithThePicture) {
  // One byte of six is off by 6: the mean square is 36 / 6 = 6.
  EXPECT_NEAR(psnr_of(clip_of({100}), {106, 100, 100, 100, 100, 100}), 40.349, 0.001);
  // All are off by 255.
  EXPECT_DOUBLE_EQ(psnr_of(clip_of({255}), {0, 0, 0, 0, 0, 0}), 0);
  EXPECT_NEAR(psnr_of(clip_of({0, 90, 0}), {100, 100, 100, 100, 100, 100}, 1), 28.131, 0.001);
}

TEST(Measures, PsnrOfEqualPicturesIsFinite) {
  EXPECT_EQ(all_of(clip_of({100, 0})).psnr, kMostPsnr);
  EXPECT_EQ(all_of(clip_of({0, 100}), 1).psnr, kMostPsnr);
}

TEST(Measures, PsnrIsUnknownWithoutThePicture) {
  const jobs::Clip clip = clip_of({100, 110});
  const jobs::Image none;
  const auto measures = measured({.clip = clip, .picture = none}, jobs::kMetrics);
  EXPECT_FALSE(measures.psnr);
  EXPECT_EQ(measures.motion, 10);
}

TEST(Measures, MotionIsTheMeanDifferenceOfTheOtherFramesToTheConditionFrame) {
  EXPECT_EQ(all_of(clip_of({100, 110, 70})).motion, 20);     // (10 + 30) / 2
  EXPECT_EQ(all_of(clip_of({100, 110, 70}), 1).motion, 25);  // (10 + 40) / 2
  jobs::Clip half = clip_of({100, 100});
  half.rgb.back() = 160;  // one byte of six
  EXPECT_EQ(all_of(half).motion, 10);
}

TEST(Measures, FlickerIsTheMeanDifferenceToTheMeanOfBothNeighbours) {
  EXPECT_EQ(all_of(clip_of({10, 20, 30, 40})).flicker, 0) << "even motion is no flicker";
  EXPECT_EQ(all_of(clip_of({10, 30, 10})).flicker, 20);
  EXPECT_EQ(all_of(clip_of({10, 30, 10, 21})).flicker, 17.75);  // (20 + 15.5) / 2
}

TEST(Measures, ShortClipsNeitherMoveNorFlicker) {
  EXPECT_EQ(all_of(clip_of({100})).motion, 0);
  EXPECT_EQ(all_of(clip_of({100})).flicker, 0);
  EXPECT_EQ(all_of(clip_of({100, 200})).flicker, 0);
  EXPECT_EQ(all_of(clip_of({100, 200})).motion, 100);
}

TEST(Measures, OnlyWhatIsWishedIsMeasured) {
  const jobs::Clip clip = clip_of({100, 110, 70});
  const jobs::Image none;
  EXPECT_TRUE(measured({.clip = clip, .picture = none}, {}).empty());
  const std::vector<jobs::Metric> flicker = {jobs::Metric::flicker};
  EXPECT_EQ(measured({.clip = clip, .picture = none}, flicker), jobs::Measures{.flicker = 25});
}

TEST(Measures, AClipThatIsNotWholeIsNotMeasured) {
  EXPECT_TRUE(all_of(jobs::Clip{}).empty());
  EXPECT_TRUE(all_of(clip_of({100, 110}), 2).empty());
  jobs::Clip cut = clip_of({100, 110});
  cut.rgb.pop_back();
  EXPECT_TRUE(all_of(cut).empty());
}

}  // namespace
}  // namespace pia::farm
