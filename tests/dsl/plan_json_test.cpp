// SPDX-License-Identifier: Apache-2.0
#include "dsl/plan_json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "jobs/core/error.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::dsl {
namespace {

using Json = nlohmann::json;

jobs::PlannedShot rich_shot() {
  jobs::Shot shot = tests::ShotBuilder{}.model("toonyou").seed(18446744073709551615U).frames(8).build();
  shot.base = jobs::FileRef{"/models/sd15", jobs::sha256("sd15")};
  shot.geometry = {.size = {504, 376}, .resize = jobs::Resize::crop, .first = jobs::Size{511, 382}};
  shot.condition_frame = 3;
  shot.affinity = {0.1, 0.2, 1.0 / 3.0, 1.0, 0.0, 5e-324, 0.85, 1.0};
  shot.guidance_scale = 0.1 + 0.2;
  shot.strength = 0.7;
  shot.eta = 1.0;
  shot.dtype = jobs::Dtype::bf16;
  shot.clip_skip = 2;
  shot.reference = jobs::Reference::diffusers;
  shot.prompt.keyframes.push_back({.frame = 5, .ids = std::vector<std::int32_t>(77, 49407)});
  jobs::PlannedShot planned;
  planned.shot = shot;
  planned.id = jobs::shot_id(shot);
  planned.name = "b\"e\\a\nr 熊";
  planned.names = {planned.name, "again"};
  planned.grid = "night";
  planned.image_id = "bear";
  planned.model_id = "toonyou";
  planned.prompt_text = "a \"bear\"\n\x01";
  planned.mode = jobs::Mode::style_transfer;
  planned.magnitude = jobs::Magnitude::large;
  planned.fps = 12;
  planned.priority = -3;
  planned.tags = {"one", "two"};
  planned.video_stem = "night/bear";
  planned.source = "job.toml:7";
  return planned;
}

jobs::Plan rich_plan() {
  jobs::Plan plan;
  plan.job_name = "anime";
  plan.job_file = "/jobs/anime.toml";
  plan.out = "/renders/anime";
  plan.shots = {rich_shot(), tests::ShotBuilder{}.planned("plain")};
  plan.output = {.formats = {jobs::VideoFormat::gif, jobs::VideoFormat::png},
                 .crf = 0,
                 .keep_latents = jobs::KeepLatents::none,
                 .metadata = false};
  plan.counts = {.combinations = 4, .excluded = 1, .included = 0, .duplicates = 1, .shots = 2};
  return plan;
}

std::string complaint(const Json& json) {
  try {
    plan_from_json(json.dump());
  } catch (const jobs::InputError& error) {
    return error.what();
  }
  return "";
}

TEST(PlanJson, APlanReadsBackWhole) {
  EXPECT_EQ(plan_from_json(plan_to_json(rich_plan())), rich_plan());
}

TEST(PlanJson, WritingWhatWasReadGivesTheSameBytes) {
  const std::string text = plan_to_json(rich_plan());
  EXPECT_EQ(plan_to_json(plan_from_json(text)), text);
}

TEST(PlanJson, AShotReadsBackWholeAndIsOneLine) {
  const std::string text = shot_to_json(rich_shot());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(shot_from_json(text), rich_shot());
}

TEST(PlanJson, EachShotOfAPlanIsALineThatGrepFinds) {
  jobs::Plan plan = rich_plan();
  jobs::PlannedShot other = rich_shot();
  other.name = "other";
  plan.shots = {rich_shot(), other};
  EXPECT_THAT(plan_to_json(plan),
              testing::HasSubstr("\n" + shot_to_json(rich_shot()) + ",\n" + shot_to_json(other) + "\n"));
}

TEST(PlanJson, ThePublicNamesAreThere) {
  const Json json = Json::parse(plan_to_json(rich_plan()));
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["job"]["out"], "/renders/anime");
  EXPECT_EQ(json["counts"]["combinations"], 4);
  const Json& shot = json["shots"][0];
  EXPECT_EQ(shot["id"], jobs::to_hex(rich_shot().id));
  EXPECT_EQ(shot["seed"], "18446744073709551615");
  EXPECT_EQ(shot["model"]["id"], "toonyou");
  EXPECT_EQ(shot["model"]["digest"], jobs::to_hex(jobs::sha256("toonyou")));
  EXPECT_EQ(shot["prompt"], (Json{{"0", rich_shot().prompt_text}}));
  EXPECT_EQ(shot["prompt_ids"]["5"].size(), 77U);
  EXPECT_EQ(shot["loras"], Json::array());
  EXPECT_EQ(shot["clip_skip"], 2);
}

jobs::PlannedShot windowed_shot() {
  jobs::PlannedShot planned = rich_shot();
  planned.shot.windows = jobs::Windows{.length = 6, .overlap = 2, .schedule = jobs::WindowSchedule::looped};
  planned.id = jobs::shot_id(planned.shot);
  return planned;
}

TEST(PlanJson, WindowsReadBackAndAreOfTheClip) {
  EXPECT_EQ(shot_from_json(shot_to_json(windowed_shot())), windowed_shot());
  EXPECT_FALSE(Json::parse(shot_to_json(rich_shot())).contains("context"));
  const Json whole = Json::parse(shot_to_json(windowed_shot()));
  for (const Json& wrong :
       {Json(true), Json::object(), Json{{"length", 8}, {"overlap", 2}, {"schedule", "looped"}},
        Json{{"length", 6}, {"overlap", 6}, {"schedule", "looped"}},
        Json{{"length", 6}, {"overlap", 2}, {"schedule", "loopy"}},
        Json{{"length", 6}, {"overlap", 2}, {"schedule", "static"}},
        Json{{"length", 6}, {"overlap", 2}, {"schedule", "looped"}, {"stride", 1}}}) {
    Json changed = whole;
    changed["context"] = wrong;
    EXPECT_THROW(shot_from_json(changed.dump()), jobs::InputError) << wrong;
  }
}

TEST(PlanJson, MetricsReadBackAndAreLeftOutWhereThereAreNone) {
  EXPECT_FALSE(Json::parse(plan_to_json(rich_plan()))["output"].contains("metrics"));
  jobs::Plan plan = rich_plan();
  plan.output.metrics = {jobs::Metric::motion, jobs::Metric::psnr};
  const Json json = Json::parse(plan_to_json(plan));
  EXPECT_EQ(json["output"]["metrics"], Json({"motion", "psnr"}));
  EXPECT_EQ(plan_from_json(json.dump()), plan);
  for (const Json& wrong : {Json("psnr"), Json({"beauty"}), Json({"psnr", "psnr"}), Json({1})}) {
    Json changed = json;
    changed["output"]["metrics"] = wrong;
    EXPECT_NE(complaint(changed).find("output.metrics"), std::string::npos) << wrong;
  }
}

TEST(PlanJson, AMissingFieldIsNamed) {
  const Json whole = Json::parse(plan_to_json(rich_plan()));
  for (const auto& [key, value] : whole.items()) {
    Json cut = whole;
    cut.erase(key);
    EXPECT_NE(complaint(cut).find(key + " is missing"), std::string::npos) << key << ": " << complaint(cut);
  }
  for (const auto& [key, value] : whole["shots"][0].items()) {
    Json cut = whole;
    cut["shots"][0].erase(key);
    EXPECT_NE(complaint(cut).find("shots[0]." + key + " is missing"), std::string::npos) << complaint(cut);
  }
}

TEST(PlanJson, AFieldOfAnyOtherTypeIsRefused) {
  const Json whole = Json::parse(plan_to_json(rich_plan()));
  for (const auto& [key, value] : whole["shots"][0].items()) {
    for (const Json& wrong : {Json(true), Json(-7.5), Json("x\x01"), Json{{"a", 1}}, Json{{1}}}) {
      if (wrong.type() == value.type()) continue;
      Json changed = whole;
      changed["shots"][0][key] = wrong;
      EXPECT_NE(complaint(changed), "") << key << " = " << wrong;
    }
  }
}

TEST(PlanJson, AnyChangeThatDecidesPixelsIsRefusedBecauseTheIdIsAHash) {
  const std::vector<std::pair<const char*, Json>> changes = {
      {"steps", 5},
      {"clip_skip", 1},
      {"width", 512},
      {"guidance_scale", 7.25},
      {"seed", "1"},
      {"strength", 0.71},
      {"eta", 0.5},
      {"dtype", "fp16"},
      {"reference", "official"},
      {"condition_frame", 2},
      {"resize", "pad"},
      {"base", nullptr},
      {"first_size", nullptr},
  };
  const Json whole = Json::parse(plan_to_json(rich_plan()));
  for (const auto& [key, value] : changes) {
    Json changed = whole;
    changed["shots"][0][key] = value;
    EXPECT_NE(complaint(changed).find("is not the hash of the shot's recipe"), std::string::npos)
        << key << ": " << complaint(changed);
  }
}

TEST(PlanJson, ValuesOutOfRangeAreRefused) {
  const std::vector<std::pair<const char*, Json>> changes = {
      {"steps", 0},
      {"steps", 18446744073709551615U},
      {"frames", 0},
      {"fps", 0},
      {"seed", "-1"},
      {"seed", "18446744073709551616"},
      {"seed", "007"},
      {"eta", 1.5},
      {"affinity", Json{1.0, 2.0}},
      {"video", "../../etc/passwd"},
      {"video", "/etc/passwd"},
      {"video", "a//b"},
      {"video", ""},
      {"names", Json::array()},
      {"sampler", "euler"},
      {"loras", Json{{{"path", "x"}}}},
      {"first_size", Json{0, 8}},
      {"prompt_ids", Json{{"0", std::vector<int>(77, 49408)}}},
      {"prompt_ids", Json{{"0", std::vector<int>(76, 1)}}},
      {"prompt_ids", Json{{"1", std::vector<int>(77, 1)}}},
  };
  const Json whole = Json::parse(plan_to_json(rich_plan()));
  for (const auto& [key, value] : changes) {
    Json changed = whole;
    changed["shots"][0][key] = value;
    EXPECT_NE(complaint(changed).find(key), std::string::npos) << key << " = " << value << complaint(changed);
  }
}

TEST(PlanJson, AFieldThatNobodyKnowsIsRefused) {
  Json json = Json::parse(plan_to_json(rich_plan()));
  json["shots"][0]["colour"] = "blue";
  EXPECT_NE(complaint(json).find("shots[0].colour is not known"), std::string::npos);
}

TEST(PlanJson, TheSameShotTwiceIsRefused) {
  Json json = Json::parse(plan_to_json(rich_plan()));
  json["shots"].push_back(json["shots"][0]);
  json["counts"]["shots"] = 3;
  EXPECT_NE(complaint(json).find("twice"), std::string::npos);
}

TEST(PlanJson, CutBytesAreRefusedAtEveryLength) {
  const std::string text = shot_to_json(rich_shot());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_THROW(shot_from_json(text.substr(0, length)), jobs::InputError) << length;
  }
}

TEST(PlanJson, APathThatIsNotUtf8IsRefusedWithASentence) {
  jobs::PlannedShot shot = rich_shot();
  shot.shot.image.path = "/images/\xff.png";
  EXPECT_THROW(shot_to_json(shot), jobs::InputError);
}

}  // namespace
}  // namespace pia::dsl
