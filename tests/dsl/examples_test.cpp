// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

MapCatalog example_files() {
  MapCatalog catalog;
  for (const char* image : {"raiden", "yae", "ayaka"}) {
    catalog.image("/jobs/keyframes/" + std::string(image) + ".png", {512, 512});
  }
  catalog.image("/jobs/concert.png", {768, 512}).image("/jobs/anya.jpg", {600, 800});
  const dsl::ModelFacts sd15{.digest = {}, .has_unet = true, .has_vae = true, .has_text_encoder = true};
  for (const char* model : {"toonyou_beta6", "rcnzCartoon3d_v10", "realisticVisionV51_v51VAE"}) {
    catalog.model("/models/sd15/" + std::string(model) + ".safetensors", sd15);
  }
  catalog.motion("/jobs/pia.ckpt")
      .file("/models/loras/genshin.safetensors")
      .file("/jobs/wildcards/camera.txt", "close-up\nwide shot\n");
  return catalog;
}

dsl::Compiled compile_example(const std::string& text) {
  return dsl::compile(
      {.path = "/jobs/job.toml", .text = text, .working_directory = "/jobs", .sets = {}, .out = ""}, {},
      example_files(), {});
}

// The language at its widest: 161 and 16 shots.
constexpr const char* kAnimeNight = R"(
format = 1
[job]
name = "anime-night"
out  = "renders/anime-night"
seed = 20240618
[paths]
models    = "/models/sd15"
loras     = "/models/loras"
images    = "keyframes"
wildcards = "wildcards"
[models.toonyou]
checkpoint    = "toonyou_beta6.safetensors"
clip_skip     = 2
prompt_prefix = "masterpiece, best quality"
[models.rcnz]
checkpoint = "rcnzCartoon3d_v10.safetensors"
[loras.genshin]
path    = "genshin.safetensors"
trigger = "raidenshogundef"
weight  = 0.7
[prompts.windy]
text = "1girl, hair blowing in the wind, {petals|snow|leaves} falling, __camera__"
[defaults]
motion         = "pia.ckpt"
steps          = 25
guidance_scale = 7.5
sampler        = "ddim"
[[grid]]
name           = "characters"
loras          = [{ id = "genshin", weight = 0.4 }]
axes.image     = ["raiden", "yae", "ayaka"]
axes.model     = ["toonyou", "rcnz"]
axes.prompt    = ["1girl smiling", "1girl crying, pout", "@windy"]
axes.magnitude = ["small", "moderate", "large"]
axes.seed      = "1000-1003"
exclude = [
  { model = "rcnz", magnitude = "large" },
  { image = "ayaka", prompt = "@windy" },
]
include = [
  { magnitude = "large", steps = 35 },
  { image = "raiden", model = "toonyou", prompt = "1girl, lightning", magnitude = "large", seed = 7 },
]
[[override]]
match = { image = "yae", magnitude = ["moderate", "large"] }
set   = { guidance_scale = 6.0 }
[output]
formats = ["mp4", "gif"]
gallery = { rows = "magnitude", cols = "model", page = "image" }
)";

TEST(Examples, TheAnimeSetIs161Shots) {
  const auto compiled = compile_example(kAnimeNight);
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(said(compiled), "");
  EXPECT_EQ(compiled.plan->counts,
            (jobs::PlanCounts{.combinations = 216, .excluded = 56, .included = 1, .shots = 161}));
  std::int64_t steps = 0;
  int mild = 0;
  int skipping = 0;
  std::map<std::string, int> models;
  for (const auto& shot : compiled.plan->shots) {
    steps += shot.shot.steps;
    mild += shot.shot.guidance_scale == 6.0 ? 1 : 0;
    skipping += shot.shot.clip_skip == 2 ? 1 : 0;
    ++models[shot.model_id];
  }
  EXPECT_EQ(steps, 129 * 25 + 32 * 35);
  EXPECT_EQ(mild, 36);
  EXPECT_EQ(skipping, 97);
  EXPECT_EQ(compiled.overrides.at(0).changed, 36);
  EXPECT_EQ(models, (std::map<std::string, int>{{"toonyou", 97}, {"rcnz", 64}}));
  EXPECT_EQ(compiled.plan->shots.back().prompt_text,
            "raidenshogundef, masterpiece, best quality, 1girl, lightning");
  EXPECT_EQ(compiled.plan->shots.back().shot.steps, 25);
}

TEST(Examples, TravelAndLoopAre2Shots) {
  const auto compiled = compile_example(R"toml(
format = 1
[paths]
models = "/models/sd15"
[defaults]
model  = "realisticVisionV51_v51VAE.safetensors"
motion = "pia.ckpt"
image  = "concert.png"
[[shot]]
name      = "lighthouse-day"
mode      = "loop"
magnitude = "moderate"
frames    = 48
context   = { length = 16, overlap = 4, schedule = "uniform" }
seed      = "5658137986800322011"
prompt.head  = "lighthouse on a cliff, (cinematic:1.2)"
prompt.0     = "sun rising, calm sea"
prompt.16    = "noon, seagulls"
prompt."75%" = "thunderstorm, lightning, (huge waves:1.3)"
prompt.tail  = "highly detailed, 4k"
prompt.hold  = 0.25
negative_prompt.0  = "fog, worst quality"
negative_prompt.36 = "sun, blue sky, worst quality"
[[shot]]
name            = "lighthouse-custom-affinity"
prompt          = "fireworks, lighthouse"
affinity        = [1.0, 0.9, 0.85, 0.8, 0.7]
condition_frame = 7
)toml");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  // What the motion modules will blur, as the caution of section 5 says.
  EXPECT_THAT(said(compiled), testing::HasSubstr("blends them: 35 and 0 again (13 frames apart);"));
  EXPECT_THAT(said(compiled), testing::HasSubstr("blends them: 36 and 0 again (12 frames apart);"));
  ASSERT_EQ(compiled.plan->shots.size(), 2U);
  const jobs::Shot& day = compiled.plan->shots[0].shot;
  EXPECT_EQ(day.windows, (jobs::Windows{.schedule = jobs::WindowSchedule::looped})) << "a loop goes round";
  EXPECT_EQ(day.prompt.keyframes.size(), 3U);
  EXPECT_EQ(day.prompt.blends.at(47).to, 0);
  EXPECT_EQ(day.affinity.front(), 1);
  EXPECT_EQ(day.affinity.back(), 1);
  EXPECT_FALSE(compiled.plan->shots[1].shot.windows.has_value());
}

TEST(Examples, TheStylePairingsAre16Shots) {
  const auto compiled = compile_example(R"(
format = 1
[paths]
models = "/models/sd15"
[defaults]
motion = "pia.ckpt"
[models.realistic]
checkpoint = "realisticVisionV51_v51VAE.safetensors"
[models.rcnz]
checkpoint = "rcnzCartoon3d_v10.safetensors"
[images.concert]
path   = "concert.png"
prompt = "masterpiece, 1boy, afro, playing guitar, concert, stage lights"
[images.anya]
path   = "anya.jpg"
resize = "crop"
width  = 512
height = 512
[[grid]]
name = "restyle"
mode = "style_transfer"
pairs = [
  { image = "concert", model = "realistic" },
  { image = "concert", model = "rcnz", seed = "4292543217695451088" },
  { image = "anya",    model = "rcnz", seed = "10201304011203481429" },
]
axes.prompt    = ["smiling", "crying", "singing"]
axes.magnitude = ["small", "large"]
exclude = [{ image = "anya", prompt = "singing" }]
)");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(said(compiled), "");
  EXPECT_EQ(compiled.plan->counts, (jobs::PlanCounts{.combinations = 18, .excluded = 2, .shots = 16}));
  const auto& last = compiled.plan->shots.back();
  EXPECT_EQ(last.shot.seed, 10201304011203481429U);
  EXPECT_EQ(last.shot.geometry.size, (jobs::Size{512, 512}));
  EXPECT_EQ(last.shot.affinity.at(0), 0.5);
  EXPECT_EQ(compiled.plan->shots.front().prompt_text,
            "masterpiece, 1boy, afro, playing guitar, concert, stage lights, smiling");
}

TEST(Examples, TheAnimeSetOfTheToyModelIs16Shots) {
  std::ifstream file(PIA_SOURCE "/jobs/anime_set.toml", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  MapCatalog catalog;
  catalog.image("/jobs/images/toy/purple-heart.png", {64, 64})
      .image("/jobs/images/toy/yellow-square.png", {64, 64});
  catalog.sd15("/jobs/toy/trained/model").motion("/jobs/toy/trained/motion");
  catalog.model("/jobs/toy/comic", {.digest = {}, .has_unet = true}, MapCatalog::Kind::folder)
      .file("/jobs/toy/neon.safetensors");
  catalog.file("/jobs/wildcards/way.txt", "up\ndown\nleft\n");
  const auto compiled = dsl::compile(
      {.path = "/jobs/anime_set.toml", .text = text, .working_directory = "/jobs", .sets = {}, .out = ""}, {},
      catalog, {});
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(said(compiled), "");
  EXPECT_EQ(compiled.plan->counts,
            (jobs::PlanCounts{.combinations = 17, .excluded = 2, .included = 1, .shots = 16}));
  EXPECT_EQ(compiled.overrides.at(0).changed, 3);
}

}  // namespace
}  // namespace pia::tests
