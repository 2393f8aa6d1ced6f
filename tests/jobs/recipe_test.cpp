// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/recipe.hpp"

#include <gtest/gtest.h>

#include "tests/support/shot_builder.hpp"

namespace pia::jobs {
namespace {

using tests::ShotBuilder;

TEST(Recipe, IsTheHashedText) {
  const Shot shot = ShotBuilder{}.build();
  EXPECT_EQ(shot_id(shot).digest, sha256(recipe_json(shot)));
}

TEST(Recipe, HasSortedKeysNoSpacesAndShortestNumbers) {
  Shot shot = ShotBuilder{}.seed(18446744073709551615ULL).build();
  shot.affinity = {1.0, 0.1, 0.85, 1e-7};
  const std::string recipe = recipe_json(shot);
  EXPECT_EQ(recipe.find(' '), std::string::npos);
  EXPECT_EQ(recipe.find("{\"affinity\":[1,0.1,0.85,1e-07],\"frames\":4,\"guidance_scale\":7.5,"), 0U)
      << recipe;
  EXPECT_NE(recipe.find("\"seed\":\"18446744073709551615\""), std::string::npos);
}

TEST(Recipe, LeavesOutWhatIsNeutral) {
  const std::string recipe = recipe_json(ShotBuilder{}.build());
  for (const char* key :
       {"base", "eta", "strength", "condition_frame", "dtype", "resize", "first_size", "blends", "weights",
        "clip_skip", "context", "loras", "vae", "embeddings", "ip_adapter"}) {
    EXPECT_EQ(recipe.find("\"" + std::string(key) + "\""), std::string::npos) << key;
  }
}

TEST(Recipe, ChangesWithEverythingThatDecidesPixels) {
  const ShotId plain = ShotBuilder{}.id();
  const auto changed = [&](auto change) {
    Shot shot = ShotBuilder{}.build();
    change(shot);
    return shot_id(shot) != plain;
  };
  EXPECT_TRUE(changed([](Shot& s) { s.image.digest = sha256("x"); }));
  EXPECT_TRUE(changed([](Shot& s) { s.model.digest = sha256("x"); }));
  EXPECT_TRUE(changed([](Shot& s) { s.base = FileRef{"/b", sha256("x")}; }));
  EXPECT_TRUE(changed([](Shot& s) { s.motion.digest = sha256("x"); }));
  EXPECT_TRUE(changed([](Shot& s) { s.geometry.size.width += 8; }));
  EXPECT_TRUE(changed([](Shot& s) { s.geometry.resize = Resize::crop; }));
  EXPECT_TRUE(changed([](Shot& s) { s.geometry.first = Size{17, 17}; }));
  EXPECT_TRUE(changed([](Shot& s) { s.reference = Reference::diffusers; }));
  EXPECT_TRUE(changed([](Shot& s) { s.prompt.keyframes[0].ids[3] = 7; }));
  EXPECT_TRUE(changed([](Shot& s) { s.negative_prompt.keyframes[0].ids[3] = 7; }));
  EXPECT_TRUE(changed([](Shot& s) { s.prompt.keyframes[0].weights.assign(77, 1.1); }));
  EXPECT_TRUE(changed([](Shot& s) { s.prompt.blends.assign(4, {}); }));
  EXPECT_TRUE(changed([](Shot& s) { s.negative_prompt.blends.assign(4, {.weight = 0.5}); }));
  EXPECT_TRUE(changed([](Shot& s) { s.clip_skip = 2; }));
  EXPECT_TRUE(changed([](Shot& s) { s.vae = FileRef{"/v", sha256("x")}; }));
  EXPECT_TRUE(changed([](Shot& s) { s.loras = {{.file = {"/l", sha256("x")}, .weight = 0.5}}; }));
  EXPECT_TRUE(changed([](Shot& s) { s.embeddings = {{.word = "x", .file = {"/e", sha256("x")}}}; }));
  EXPECT_TRUE(changed([](Shot& s) { s.ip_adapter = {.image = {"/i", sha256("x")}, .scale = 0.5}; }));
  EXPECT_TRUE(changed([](Shot& s) { s.sampler = Sampler::euler; }));
  EXPECT_TRUE(changed([](Shot& s) { s.windows = Windows{}; }));
  EXPECT_TRUE(changed([](Shot& s) { s.affinity[1] = 0.79; }));
  EXPECT_TRUE(changed([](Shot& s) { s.condition_frame = 1; }));
  EXPECT_TRUE(changed([](Shot& s) { s.frames = 5; }));
  EXPECT_TRUE(changed([](Shot& s) { s.steps = 5; }));
  EXPECT_TRUE(changed([](Shot& s) { s.guidance_scale = 7; }));
  EXPECT_TRUE(changed([](Shot& s) { s.seed = 1; }));
  EXPECT_TRUE(changed([](Shot& s) { s.strength = 0.7; }));
  EXPECT_TRUE(changed([](Shot& s) { s.eta = 0.5; }));
  EXPECT_TRUE(changed([](Shot& s) { s.dtype = Dtype::fp16; }));
}

TEST(Recipe, ChangesWithEveryPartOfTheWindows) {
  const auto id = [](const Windows& windows) {
    Shot shot = ShotBuilder{}.build();
    shot.windows = windows;
    return shot_id(shot);
  };
  EXPECT_NE(id({.length = 8}), id({}));
  EXPECT_NE(id({.overlap = 8}), id({}));
  EXPECT_NE(id({.schedule = WindowSchedule::fixed}), id({}));
  EXPECT_NE(id({.schedule = WindowSchedule::looped}), id({.schedule = WindowSchedule::fixed}));
}

TEST(Recipe, DoesNotKnowWhereFilesLie) {
  Shot shot = ShotBuilder{}.build();
  shot.image.path = shot.model.path = shot.motion.path = "/somewhere/else";
  EXPECT_EQ(shot_id(shot), ShotBuilder{}.id());
}

}  // namespace
}  // namespace pia::jobs
