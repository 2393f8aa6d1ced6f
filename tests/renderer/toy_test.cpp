// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "jobs/core/digest.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/affinity.hpp"
#include "renderer/training/toy/caption.hpp"
#include "renderer/training/toy/draw.hpp"
#include "renderer/training/toy/draws.hpp"
#include "renderer/training/toy/sin_cos.hpp"
#include "renderer/training/toy/toy_clips.hpp"

namespace pia::renderer {
namespace {

using ::testing::HasSubstr;

const std::vector<ToyStyle> kAll = {ToyStyle::flat, ToyStyle::comic, ToyStyle::pastel, ToyStyle::neon};

/// What differs from the left edge of its row, on a plain ground.
struct Seen {
  double x = 0;
  double y = 0;
  double area = 0;
};

Seen seen_in(const jobs::Clip& clip, int frame) {
  Seen seen;
  const std::uint8_t* rgb = clip.rgb.data() + static_cast<std::size_t>(frame) * clip.frame_bytes();
  for (int y = 0; y < clip.height; ++y) {
    const std::uint8_t* row = rgb + 3 * y * clip.width;
    for (int x = 0; x < clip.width; ++x) {
      int difference = 0;
      for (int c = 0; c < 3; ++c) difference += std::abs(int{row[3 * x + c]} - int{row[c]});
      if (difference < 70) continue;
      seen.x += x;
      seen.y += y;
      seen.area += 1;
    }
  }
  seen.x /= std::max(seen.area, 1.0);
  seen.y /= std::max(seen.area, 1.0);
  return seen;
}

/// The first scene of that kind with an amplitude of at least 0.5.
ToyScene lively_scene(ToyKind kind, ToyWorld world = {}) {
  world.kinds = {kind};
  std::uint64_t index = 0;
  while (scene_of(world, index).amplitude < .5) ++index;
  return scene_of(world, index);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST(Toy, DrawsAreSplitmix64) {
  Draws draws(0, 0);
  Draws same(0, 0);
  Draws other(0, 1);
  const std::uint64_t first = draws.next();
  EXPECT_EQ(first, same.next());
  EXPECT_NE(first, other.next());
  for (int i = 0; i < 1000; ++i) {
    const double value = draws.uniform(-2, 3);
    EXPECT_TRUE(value >= -2 && value < 3);
    const int picked = draws.pick(7);
    EXPECT_TRUE(picked >= 0 && picked < 7);
  }
}

TEST(Toy, SinesAreThoseOfTheLibrary) {
  for (int i = -400; i <= 400; ++i) {
    EXPECT_NEAR(sin_cos(.037 * i).sin, std::sin(.037 * i), 1e-10);
    EXPECT_NEAR(sin_cos(.037 * i).cos, std::cos(.037 * i), 1e-10);
  }
}

TEST(Toy, WhatMovesRightMovesRight) {
  const std::map<ToyKind, std::pair<int, int>> ways = {
      {ToyKind::right, {1, 0}}, {ToyKind::left, {-1, 0}}, {ToyKind::up, {0, -1}}, {ToyKind::down, {0, 1}}};
  for (const auto& [kind, way] : ways) {
    const ToyScene scene = lively_scene(kind);
    const jobs::Clip clip = draw_clip(scene, {});
    const Seen first = seen_in(clip, 0);
    const Seen last = seen_in(clip, 15);
    EXPECT_NEAR(last.x - first.x, 30 * scene.amplitude * way.first, 1) << word_of(kind);
    EXPECT_NEAR(last.y - first.y, 30 * scene.amplitude * way.second, 1) << word_of(kind);
  }
}

TEST(Toy, WhatJumpsComesDownAgain) {
  const jobs::Clip clip = draw_clip(lively_scene(ToyKind::jump), {});
  EXPECT_LT(seen_in(clip, 8).y, seen_in(clip, 0).y - 8);
  EXPECT_NEAR(seen_in(clip, 15).y, seen_in(clip, 0).y, .5);
}

TEST(Toy, WhatGrowsGrowsAndWhatShrinksShrinks) {
  const jobs::Clip grown = draw_clip(lively_scene(ToyKind::grow), {});
  EXPECT_GT(seen_in(grown, 15).area, 1.8 * seen_in(grown, 0).area);
  const jobs::Clip shrunk = draw_clip(lively_scene(ToyKind::shrink), {});
  EXPECT_LT(seen_in(shrunk, 15).area, .6 * seen_in(shrunk, 0).area);
}

TEST(Toy, WhatBlinksFadesAndComesBack) {
  const ToyScene scene = lively_scene(ToyKind::blink);
  const jobs::Clip clip = draw_clip(scene, {});
  const auto distances = hsv_distances(clip, 0);
  EXPECT_NEAR(distances[15], 0, 1e-3);
  EXPECT_GT(distances[8], .005);
}

TEST(Toy, ACircleNeverSpins) {
  const ToyWorld world{.kinds = {ToyKind::spin}};
  for (std::uint64_t i = 0; i < 300; ++i) EXPECT_NE(scene_of(world, i).shape, ToyShape::circle);
}

TEST(Toy, SnowFallsOnGroundsThatShowIt) {
  for (const ToyStyle style : kAll) {
    const ToyWorld world{.styles = {style}, .kinds = {ToyKind::snow}};
    for (std::uint64_t i = 0; i < 30; ++i) {
      const ToyScene scene = scene_of(world, i);
      EXPECT_FALSE(scene.flakes.empty());
      EXPECT_TRUE(scene.ground != ToyGround::white || style == ToyStyle::neon);
      for (const ToyFlake& flake : scene.flakes) EXPECT_LT(flake.y + flake.radius, 0);
    }
  }
}

TEST(Toy, EverythingStaysInThePicture) {
  for (const auto& [width, height] : {std::pair{64, 64}, {96, 64}, {40, 80}}) {
    const ToyWorld world{.seed = 3, .styles = kAll, .width = width, .height = height};
    for (std::uint64_t i = 0; i < 400; ++i) {
      const ToyScene scene = scene_of(world, i);
      for (const double p : {0.0, .25, .5, 1.0}) {
        const ToyPose pose = pose_at(scene, p);
        EXPECT_TRUE(pose.x >= pose.radius && pose.x <= scene.field_width - pose.radius);
        EXPECT_TRUE(pose.y >= pose.radius && pose.y <= scene.field_height - pose.radius);
        EXPECT_TRUE(pose.opacity >= 0 && pose.opacity <= 1);
      }
      for (const double channel : scene.thing) EXPECT_TRUE(channel >= 0 && channel <= 1);
    }
  }
}

TEST(Toy, ThingsAreInTheirColoursInEveryStyle) {
  for (const ToyStyle style : kAll) {
    const ToyWorld world{.styles = {style}, .kinds = {ToyKind::none}};
    for (std::uint64_t i = 0; i < 40; ++i) {
      const ToyScene scene = scene_of(world, i);
      const jobs::Image picture = draw(scene, 0, 64, 64);
      double saturated = 0;
      for (std::size_t at = 0; at < picture.rgb.size(); at += 3) {
        const auto [least, most] = std::minmax({picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]});
        saturated = std::max(saturated, double{1} * (most - least));
      }
      EXPECT_GT(saturated, 60) << word_of(style) << " " << i;
    }
  }
}

TEST(Toy, AnyNumberOfFramesShowsTheSameScene) {
  const ToyScene scene = lively_scene(ToyKind::right);
  const jobs::Clip few = draw_clip(scene, {.frames = 4});
  const jobs::Clip many = draw_clip(scene, {.frames = 16});
  for (int f = 0; f < 4; ++f) {
    EXPECT_TRUE(std::equal(few.rgb.begin() + static_cast<std::ptrdiff_t>(few.frame_bytes()) * f,
                           few.rgb.begin() + static_cast<std::ptrdiff_t>(few.frame_bytes()) * (f + 1),
                           many.rgb.begin() + static_cast<std::ptrdiff_t>(many.frame_bytes()) * 5 * f));
  }
}

TEST(Toy, EveryKindShapeColourGroundAndStyleComes) {
  const ToyWorld world{.seed = 5, .styles = kAll};
  std::map<std::string_view, int> counts;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const ToyScene scene = scene_of(world, i);
    ++counts[word_of(scene.kind)];
    ++counts[word_of(scene.shape)];
    ++counts[word_of(scene.colour)];
    ++counts[word_of(scene.style)];
    ++counts[word_of(scene.ground)];
  }
  EXPECT_EQ(counts.size(), 11U + 6 + 6 + 4 + 6);
  for (const auto& [word, count] : counts) EXPECT_GT(count, word == "none" ? 60 : 120) << word;
}

TEST(Toy, CaptionsNameWhatIsDrawn) {
  const ToyWorld world{.styles = kAll};
  const std::map<ToyShape, std::vector<std::string>> shapes = {{ToyShape::circle, {"circle", "ball", "disc"}},
                                                               {ToyShape::square, {"square", "box"}},
                                                               {ToyShape::face, {"face", "smiley"}}};
  for (std::uint64_t i = 0; i < 300; ++i) {
    const ToyScene scene = scene_of(world, i);
    const std::string caption = caption_of(scene);
    EXPECT_THAT(caption, HasSubstr(std::string(word_of(scene.colour))));
    const auto found = shapes.find(scene.shape);
    const auto names = found == shapes.end() ? std::vector{std::string(word_of(scene.shape))} : found->second;
    EXPECT_TRUE(std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return caption.find(" " + name) != std::string::npos;
    })) << caption;
    EXPECT_EQ(caption.find("a orange"), std::string::npos);
    for (const ToyStyle style : kAll) {
      if (style == scene.style) continue;
      EXPECT_EQ(caption.find(std::string(word_of(style)) + " style"), std::string::npos);
    }
  }
  EXPECT_EQ(plain_caption(lively_scene(ToyKind::left)).substr(0, 2), "a ");
  EXPECT_THAT(plain_caption(lively_scene(ToyKind::left)), HasSubstr("moving left"));
  EXPECT_THAT(plain_caption(lively_scene(ToyKind::snow)), HasSubstr(", snow falling"));
}

TEST(Toy, TheCaptionOfAnotherMotionIsTheSameInAllElse) {
  const ToyClips rights{.world = {.styles = kAll, .kinds = {ToyKind::right}}};
  const ToyClips lefts{.world = {.styles = kAll, .kinds = {ToyKind::left}}};
  for (std::uint64_t i = 0; i < 50; ++i) {
    std::string caption = toy_example(rights, i).caption;
    caption.replace(caption.find(" right"), 6, " left");
    EXPECT_EQ(toy_caption_of_other(rights, i), caption);
    EXPECT_THAT(toy_caption_of_other(lefts, i), HasSubstr(" right"));
  }
  const ToyClips snows{.world = {.kinds = {ToyKind::snow}}};
  EXPECT_THAT(toy_caption_of_other(snows, 0), HasSubstr(" left"));
}

TEST(Toy, TheSameIndexGivesTheSameBytesForEver) {
  jobs::Sha256 digest;
  const ToyClips clips{.world = {.seed = 42, .styles = kAll}};
  for (std::uint64_t i = 0; i < 24; ++i) {
    const Example example = toy_example(clips, i);
    digest.update(std::as_bytes(std::span(example.clip.rgb)));
    digest.update(std::as_bytes(std::span(example.caption)));
  }
  EXPECT_EQ(jobs::to_hex(digest.finish()),
            "1d60714e2ba81356fc7a625c6fd7b09ba14092863a07b0be29197b379c63f0a6");
}

TEST(Toy, TrainingsNeverDrawWhatIsHeldOut) {
  const auto source = make_toy_source({.styles = {"flat"}, .seed = 9}, {.frames = 2});
  const ToyClips clips{.world = {.seed = 9, .frames = 2}};
  EXPECT_EQ(source->example(kFirstHeldOut + 7).clip, toy_example(clips, 7).clip);
  EXPECT_NE(toy_example(clips, kFirstHeldOut + 7).clip, toy_example(clips, 7).clip);
}

TEST(Toy, HalfOfTheStillsRestAndTheOthersShowAMoment) {
  const ToyWorld world{.frames = 1};
  int resting = 0;
  int ends = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const ToyScene scene = scene_of(world, i);
    if (scene.kind == ToyKind::none) ++resting;
    if (scene.moment == 1) ++ends;
  }
  EXPECT_NEAR(resting, 500, 60);
  EXPECT_NEAR(ends, 200, 45);
}

TEST(Toy, AffinityIsOneAtTheConditionAndFallsWithTheAmplitude) {
  const ToyClips clips{.world = {.kinds = {ToyKind::right}}};
  std::vector<double> small;
  std::vector<double> large;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const Example example = toy_example(clips, i);
    ASSERT_EQ(example.affinity.size(), 16U);
    EXPECT_EQ(example.affinity[0], 1);
    for (const float value : example.affinity) EXPECT_TRUE(value >= .2F && value <= 1);
    const double amplitude = scene_of(clips.world, i).amplitude;
    (amplitude < .4 ? small : large).push_back(double{example.affinity[15]});
  }
  EXPECT_GT(mean(small), mean(large) + .1);
}

TEST(Toy, TheConditionFrameMayBeDrawn) {
  const ToyClips clips{.condition = jobs::ConditionFrame::random};
  int later = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Example example = toy_example(clips, i);
    EXPECT_EQ(example.affinity[static_cast<std::size_t>(example.condition_frame)], 1);
    later += example.condition_frame > 0 ? 1 : 0;
  }
  EXPECT_GT(later, 10);
}

TEST(Toy, TheConditionMayBeTheSameSceneInAnotherStyle) {
  const ToyWorld comic{.styles = {ToyStyle::comic}};
  const ToyClips pairs{.world = comic, .condition_styles = {ToyStyle::flat}};
  for (std::uint64_t i = 0; i < 5; ++i) {
    const Example paired = toy_example(pairs, i);
    const Example alone = toy_example({.world = comic}, i);
    EXPECT_EQ(paired.clip, alone.clip);
    ToyScene flat = scene_of(comic, i);
    flat.style = ToyStyle::flat;
    EXPECT_EQ(paired.condition.frames, 1);
    EXPECT_TRUE(std::ranges::equal(paired.condition.rgb, draw(flat, 0, 64, 64).rgb));
    EXPECT_FLOAT_EQ(paired.affinity[0], kAffinityAcrossStyles);
    EXPECT_FLOAT_EQ(paired.affinity[9], kAffinityAcrossStyles * alone.affinity[9]);
    EXPECT_EQ(toy_example({.world = comic, .condition_styles = {ToyStyle::comic}}, i).condition.frames, 0);
  }
}

TEST(Toy, AConditionInAnotherStyleIsOfItsOwnMomentAndOneOfTheStyles) {
  const ToyWorld comic{.styles = {ToyStyle::comic}};
  const std::vector<ToyStyle> others = {ToyStyle::flat, ToyStyle::neon};
  std::array<int, 2> seen = {0, 0};
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Example example = toy_example(
        {.world = comic, .condition = jobs::ConditionFrame::random, .condition_styles = others}, i);
    for (std::size_t k = 0; k < others.size(); ++k) {
      ToyScene other = scene_of(comic, i);
      other.style = others[k];
      seen[k] +=
          std::ranges::equal(example.condition.rgb, draw(other, example.condition_frame / 15.0, 64, 64).rgb)
              ? 1
              : 0;
    }
  }
  EXPECT_EQ(seen[0] + seen[1], 20);
  EXPECT_GT(std::min(seen[0], seen[1]), 3);
}

TEST(Toy, TheLargestDistanceOfAStyleIsWhatItsClipsHave) {
  for (const ToyStyle style : kAll) {
    const ToyWorld world{.seed = 1, .styles = {style}};
    std::vector<double> distances;
    for (std::uint64_t i = 0; i < 120; ++i) {
      const auto of_clip = hsv_distances(draw_clip(scene_of(world, i), world), 0);
      distances.insert(distances.end(), of_clip.begin() + 1, of_clip.end());
    }
    std::sort(distances.begin(), distances.end());
    const std::size_t at = distances.size() * 975 / 1000;
    EXPECT_NEAR(toy_largest_distance(style), distances[at], 1e-4) << word_of(style);
  }
}

TEST(Toy, WhatCannotBeDrawnIsRefused) {
  EXPECT_THROW(toy_clips({.styles = {"cubist"}}, {}), jobs::InputError);
  EXPECT_THROW(toy_clips({.condition_styles = {"cubist"}}, {}), jobs::InputError);
  EXPECT_THROW(toy_clips({.width = 4}, {}), jobs::InputError);
  EXPECT_THROW(toy_clips({}, {.affinity = jobs::AffinityRule::official}), jobs::InputError);
}

TEST(PaperAffinity, MapsTheDistanceLinearlyAndStopsAtTwoTenths) {
  EXPECT_THAT(paper_affinity({0, .5, 1, 7}, {}), testing::ElementsAre(1, .6F, .2F, .2F));
  const Distances usual{.smallest = .1, .largest = .5};
  EXPECT_THAT(paper_affinity({0, .1, .2, .3, .5, .6}, usual), testing::ElementsAre(1, 1, .8F, .6F, .2F, .2F));
}

TEST(PaperAffinity, TakesHueSaturationAndValueByThirds) {
  const jobs::Clip clip{4, 1, 1, {255, 0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0}};
  const auto distances = hsv_distances(clip, 0);
  EXPECT_NEAR(distances[1], 1.0 / 3, 1e-9);
  EXPECT_NEAR(distances[2], 1.0 / 3, 1e-9);
  EXPECT_NEAR(distances[3], 2.0 / 3, 1e-9);
}

}  // namespace
}  // namespace pia::renderer
