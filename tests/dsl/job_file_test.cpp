// SPDX-License-Identifier: Apache-2.0
#include "dsl/job_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dsl/internal/key_table.hpp"
#include "jobs/core/recipe.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;

const std::string kShot = "[[shot]]\nimage = \"labrador.png\"\n";

dsl::Compiled compile_shot(const std::string& keys, const std::vector<std::string>& sets = {}) {
  return compile_text(with_defaults(kShot + keys), sets);
}

jobs::PlannedShot shot_of(const dsl::Compiled& compiled) {
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  return compiled.plan ? compiled.plan->shots.at(0) : jobs::PlannedShot{};
}

TEST(Precedence, EachLayerWinsOverTheOnesBefore) {
  const std::string defaults =
      "format = 1\n[defaults]\nmotion = \"pia.ckpt\"\nmodel = \"m\"\nimage = \"i\"\n";
  const std::string model = "[models.m]\ncheckpoint = \"tiny\"\n";
  const std::string image = "[images.i]\npath = \"labrador.png\"\n";
  const auto width = [](const std::string& text, const std::vector<std::string>& sets = {}) {
    return shot_of(compile_text(text, sets)).shot.geometry.size.width;
  };
  EXPECT_EQ(width(defaults + model + image + "[[shot]]\n"), 512);
  EXPECT_EQ(width(defaults + "width = 80\n" + model + image + "[[shot]]\n"), 80);
  EXPECT_EQ(width(defaults + "width = 80\n" + model + "width = 88\n" + image + "[[shot]]\n"), 88);
  EXPECT_EQ(width(defaults + "width = 80\n" + model + "width = 88\n" + image + "width = 96\n[[shot]]\n"), 96);
  const std::string all = defaults + "width = 80\n" + model + "width = 88\n" + image + "width = 96\n";
  EXPECT_EQ(width(all + "[[shot]]\nwidth = 104\n"), 104);
  EXPECT_EQ(width(all + "[[grid]]\naxes.width = [112]\n"), 112);
  EXPECT_EQ(width(all + "[[grid]]\naxes.width = [112]\n", {"width=120"}), 120);
  EXPECT_EQ(width(all + "[[shot]]\nwidth = 104\n", {"width=120", "width=128"}), 128);
}

TEST(Precedence, AnAssetHoldsForTheShotsThatNameItAndNoOthers) {
  const auto compiled =
      compile_text(with_defaults("[models.m]\ncheckpoint = \"sd15\"\nsteps = 7\n"
                                 "[[grid]]\nimage = \"labrador.png\"\naxes.model = [\"m\", \"sd15\"]\n"));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).shot.steps, 7);
  EXPECT_EQ(compiled.plan->shots.at(1).shot.steps, 25);
}

TEST(Explain, EveryKeyHasItsValueAndWhereItCameFrom) {
  const auto compiled =
      compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\nfps = 12\n"), {"eta=0.5"});
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  const auto& origins = compiled.origins.at(0);
  const auto& values = compiled.values.at(0);
  EXPECT_EQ(origins.at("fps"), "job.toml:7:7");
  EXPECT_EQ(values.at("fps"), "12");
  EXPECT_EQ(origins.at("model"), "job.toml:3:9");
  EXPECT_EQ(values.at("model"), "/jobs/tiny");
  EXPECT_EQ(origins.at("eta"), "--set eta=0.5");
  EXPECT_EQ(origins.at("steps"), "built in");
  EXPECT_EQ(values.at("steps"), "25");
  EXPECT_EQ(values.at("width"), "512");
  EXPECT_EQ(values.at("prompt tokens"), "0 of 75");
  EXPECT_EQ(values.at("negative tokens"), "75 of 75");
  EXPECT_EQ(values.at("seed"), std::to_string(compiled.plan->shots[0].shot.seed));
}

TEST(Explain, SaysWhatASeedWasWorkedOutFrom) {
  const auto origin = [](const std::string& seeds, const std::vector<std::string>& sets = {}) {
    const auto compiled = compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\n" + seeds), sets);
    return compiled.plan ? compiled.origins.at(0).at("seed") : said(compiled);
  };
  EXPECT_EQ(origin(""), "from the picture, as there is no [job] seed");
  EXPECT_EQ(origin("[job]\nseed = 42\n"), "from the picture and [job] seed, job.toml:8:8");
  EXPECT_EQ(origin("", {"job.seed=5"}), "from the picture and [job] seed, --set job.seed=5");
  EXPECT_EQ(origin("seed = \"auto\"\n[job]\nseed = 42\n"),
            "\"auto\", job.toml:7:8: from the picture and [job] seed, job.toml:9:8");
  EXPECT_EQ(origin("seed = 7\n[job]\nseed = 42\n"), "job.toml:7:8");
  EXPECT_EQ(origin("seed = -1\n"), "drawn once, job.toml:7:8");
}

TEST(Explain, SaysWhatSizeAndAffinityWereWorkedOutFrom) {
  const auto compiled = compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\nwidth = 256\n"));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.origins.at(0).at("width"), "job.toml:7:9");
  EXPECT_EQ(compiled.origins.at(0).at("height"), "from the picture's size and width, job.toml:7:9");
  EXPECT_EQ(compiled.origins.at(0).at("affinity"), "from mode and magnitude");
}

TEST(Explain, BugASizeThatMaxSizeDecidedWasToldToBeThePictures) {
  const auto height = [](const std::string& shot) {
    return compile_text(with_defaults("[[shot]]\nimage = \"" + shot)).origins.at(0).at("height");
  };
  EXPECT_EQ(height("wide.jpg\"\n"), "from the picture's size and max_size");
  EXPECT_EQ(height("labrador.png\"\nmax_size = 200\n"),
            "from the picture's size and max_size, job.toml:7:12");
  EXPECT_EQ(height("twin.png\"\nmax_size = 200\n"), "from the picture's size");
}

TEST(Set, ABareKeyIsTheLastWordOnEveryShot) {
  const auto compiled =
      compile_text(with_defaults(kShot + "steps = 3\n" + kShot + "steps = 4\nseed = 1\n"), {"steps=5"});
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  for (const auto& shot : compiled.plan->shots) EXPECT_EQ(shot.shot.steps, 5);
  EXPECT_EQ(said(compiled), "");
}

TEST(Set, ADottedKeyEditsTheDocument) {
  EXPECT_EQ(shot_of(compile_shot("", {"defaults.steps=9"})).shot.steps, 9);
  EXPECT_EQ(
      shot_of(compile_text(with_defaults("[[shot]]\nimage = \"anya\"\n"), {"paths.images=/data/images"}))
          .shot.image.path,
      "/data/images/anya.jpg");
  EXPECT_EQ(compile_shot("", {"job.name=night"}).plan->out, "/jobs/renders/night");
  EXPECT_EQ(compile_shot("", {"output.formats=[\"gif\"]"}).plan->output.formats,
            std::vector<jobs::VideoFormat>{jobs::VideoFormat::gif});
  EXPECT_EQ(shot_of(compile_shot("model = \"m\"\n", {"models.m.checkpoint=sd15"})).shot.model.path,
            "/jobs/sd15");
}

TEST(Set, AValueIsTomlElseAString) {
  EXPECT_EQ(shot_of(compile_shot("", {"prompt=a dog = happy"})).prompt_text, "a dog = happy");
  EXPECT_EQ(shot_of(compile_shot("", {"prompt=\"quoted\""})).prompt_text, "quoted");
  EXPECT_EQ(shot_of(compile_shot("", {"prompt="})).prompt_text, "");
  EXPECT_EQ(shot_of(compile_shot("", {"prompt=1\n2"})).prompt_text, "1\n2");
  EXPECT_EQ(shot_of(compile_shot("", {"seed=10201304011203481429"})).shot.seed, 10201304011203481429U);
  EXPECT_EQ(shot_of(compile_shot("", {"affinity={ from = 1, to = 0.5 }", "frames=2"})).shot.affinity,
            (std::vector<double>{1.0, 0.5}));
}

TEST(Set, AFileIsFirstLookedForInTheWorkingDirectory) {
  const dsl::JobSource source{
      .path = "/elsewhere/job.toml",
      .text = "format = 1\n[[shot]]\nmodel = \"/jobs/tiny\"\nmotion = \"/jobs/pia.ckpt\"\n",
      .working_directory = "/jobs",
      .sets = {"image=labrador.png"},
      .out = "made/../here"};
  const auto compiled = dsl::compile(source, {}, job_files(), {});
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).shot.image.path, "/jobs/labrador.png");
  EXPECT_EQ(compiled.plan->out, "/jobs/here");
}

TEST(Set, WhatItCantDoIsSaid) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"steps",
       "--set steps: error: this is not key=value in UTF-8; write --set steps=10 or --set "
       "paths.models=/data\n"},
      {"=3",
       "--set =3: error: this is not key=value in UTF-8; write --set steps=10 or --set paths.models=/data\n"},
      {"a]\n[b=3",
       "--set a]\n[b=3: error: this is not key=value in UTF-8; write --set steps=10 or --set "
       "paths.models=/data\n"},
      {"prompt=\xff",
       "--set prompt=\xff: error: this is not key=value in UTF-8; write --set steps=10 or --set "
       "paths.models=/data\n"},
      {"stepz=3", "--set stepz=3: error: unknown shot key \"stepz\"; did you mean \"steps\"?\n"},
      {"crf=3",
       "--set crf=3: error: unknown shot key \"crf\"; other keys are set with their table: --set "
       "job.seed=7\n"},
      {"steps=many", "--set steps=many: error: steps must be a whole number from 1 to 999, not \"many\"\n"},
      {"ip_adapter_scale=1",
       "--set ip_adapter_scale=1: error: an IP-Adapter (ip_adapter_scale = 1) can't be rendered yet; leave "
       "it "
       "out\n"},
      {"prompt.0.5=a", "--set prompt.0.5=a: error: \"prompt\" takes no dotted key; write --set prompt=...\n"},
      {"shot.steps=3",
       "--set shot.steps=3: error: --set can't reach into one [[shot]]; a bare key, such as steps=10, holds "
       "for "
       "every shot\n"},
      {"jobs.name=x",
       "--set jobs.name=x: error: unknown key \"jobs\" in a job file; did you mean \"job\"?\n"},
      {"steps.x=1", "--set steps.x=1: error: \"steps\" takes no dotted key; write --set steps=...\n"},
      {"format.x=1", "--set format.x=1: error: \"format\" is not a table, so nothing can be set in it\n"},
      {"image=dog.png",
       "--set image=dog.png: error: image \"dog.png\" is not there: looked for /jobs/dog.png; did you mean "
       "\"odd.png\"?\n"},
  };
  for (const auto& [set, expected] : cases) EXPECT_EQ(said(compile_shot("", {set})), expected);
}

TEST(Seed, AutoIsEqualForAllModelsPromptsAndMagnitudesOfAPictureAndNoOther) {
  const auto compiled =
      compile_text(with_defaults("[[grid]]\naxes.image = [\"labrador.png\", \"odd.png\"]\n"
                                 "axes.model = [\"tiny\", \"sd15\"]\naxes.prompt = [\"a\", \"b\"]\n"
                                 "axes.magnitude = [\"small\", \"large\"]\n"));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::map<std::string, std::set<std::uint64_t>> seeds;
  for (const auto& shot : compiled.plan->shots) seeds[shot.shot.image.path].insert(shot.shot.seed);
  EXPECT_EQ(seeds["/jobs/labrador.png"].size(), 1U);
  EXPECT_EQ(seeds["/jobs/odd.png"].size(), 1U);
  EXPECT_NE(seeds["/jobs/labrador.png"], seeds["/jobs/odd.png"]);
}

TEST(Seed, AutoFollowsTheJobsSeed) {
  const auto with = [](const std::string& seed) {
    return shot_of(compile_shot("", {"job.seed=" + seed})).shot.seed;
  };
  EXPECT_EQ(with("0"), shot_of(compile_shot("")).shot.seed);
  EXPECT_NE(with("1"), with("2"));
  EXPECT_EQ(with("7"), with("\"7\""));
}

TEST(Seed, TheWholeRangeOf64BitsIsTaken) {
  EXPECT_EQ(shot_of(compile_shot("seed = \"18446744073709551615\"\n")).shot.seed, UINT64_MAX);
  EXPECT_EQ(shot_of(compile_shot("seed = \"007\"\n")).shot.seed, 7U);
  EXPECT_EQ(shot_of(compile_shot("seed = 9223372036854775807\n")).shot.seed, 9223372036854775807U);
}

TEST(Identity, LabelsChangeNoId) {
  const auto id = shot_of(compile_shot("")).id;
  for (const char* keys :
       {"name = \"x\"\n", "tags = [\"x\"]\n", "priority = 3\n", "fps = 30\n", "magnitude = 0\n"}) {
    EXPECT_EQ(shot_of(compile_shot(keys)).id, id) << keys;
  }
  for (const char* keys :
       {"steps = 24\n", "prompt = \"x\"\n", "magnitude = 1\n", "width = 256\n", "eta = 1\n"}) {
    EXPECT_NE(shot_of(compile_shot(keys)).id, id) << keys;
  }
}

TEST(Identity, MetricsDecideNoPixels) {
  const auto plain = compile_shot("");
  const auto measured = compile_shot("[quality]\nmetrics = [\"flicker\", \"psnr\", \"flicker\"]\n");
  EXPECT_EQ(shot_of(measured).id, shot_of(plain).id);
  EXPECT_EQ(measured.plan->output.metrics,
            (std::vector<jobs::Metric>{jobs::Metric::flicker, jobs::Metric::psnr}));
}

TEST(Quality, NothingIsMeasuredUnlessAsked) {
  EXPECT_TRUE(compile_shot("").plan->output.metrics.empty());
  EXPECT_TRUE(compile_shot("[quality]\n").plan->output.metrics.empty());
  const auto switched_off = compile_shot("[quality]\nmetrics = [\"psnr\"]\n", {"quality.metrics=[]"});
  EXPECT_TRUE(switched_off.plan->output.metrics.empty());
}

TEST(Identity, TheIdIsTheHashOfTheRecipe) {
  const auto shot = shot_of(compile_shot(""));
  EXPECT_EQ(shot.id, jobs::shot_id(shot.shot));
}

TEST(Identity, TheSameAffinityWrittenInWordsOrNumbersIsTheSameShot) {
  EXPECT_EQ(shot_of(compile_shot("magnitude = \"large\"\n")).id, shot_of(compile_shot("magnitude = 2\n")).id);
  EXPECT_EQ(shot_of(compile_shot("")).id,
            shot_of(compile_shot("affinity = [1.0, 0.9, 0.85, 0.85, 0.85, 0.8]\n")).id);
}

TEST(Identity, VideosOfAPlanAreNeverOneFileAndStayBelowTheirFolder) {
  const auto compiled =
      compile_text(with_defaults("[[grid]]\nname = \"../../etc\"\nimage = \"labrador.png\"\n"
                                 "axes.prompt = [\"../x\", \"..\", \"/\", \"\", \"a/b\", \"a b\", \".\", \"" +
                                 std::string(500, 'w') +
                                 "\", \"日本語\"]\n"
                                 "[[shot]]\nimage = \"labrador.png\"\nname = \"../../../root\"\nseed = 3\n"));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::set<std::string> stems;
  for (const auto& shot : compiled.plan->shots) {
    EXPECT_TRUE(stems.insert(shot.video_stem).second);
    EXPECT_EQ(shot.video_stem.find(".."), std::string::npos) << shot.video_stem;
    EXPECT_NE(shot.video_stem.front(), '/');
    EXPECT_LT(shot.video_stem.size(), 250U);
  }
}

TEST(Context, FalseIsNoIdleKeyWhereItIsTheRuleAnyway) {
  EXPECT_EQ(said(compile_shot("context = false\n")), "");
  EXPECT_EQ(said(compile_shot("mode = \"loop\"\naffinity = [1.0, 0.5]\nframes = 32\n")), "")
      << "the mode makes windows go round";
  EXPECT_THAT(said(compile_shot("frames = 100000\nprompt = { 0 = \"a\", 50000 = \"b\" }\n")),
              HasSubstr("make several shots of it"));
  EXPECT_EQ(shot_of(compile_shot("context = false\nframes = 32\n")).shot.affinity.size(), 32U);
}

TEST(Grid, ABillionCombinationsAreRefusedAndNotCounted) {
  std::string axes;
  for (const char* key : {"seed", "condition_frame", "guidance_scale"}) {
    axes += std::string("axes.") + key + " = [1";
    for (int i = 2; i <= 1000; ++i) axes += ", " + std::to_string(i);
    axes += "]\n";
  }
  EXPECT_EQ(said(compile_text(with_defaults("[[grid]]\nimage = \"labrador.png\"\n" + axes))),
            "job.toml:5:1: error: grid \"grid-1\" has 1000000000 combinations, more than its limit of 5000; "
            "shorten its "
            "axes, raise limit or write sample\n");
}

TEST(Grid, FiveThousandShotsAreAPlan) {
  std::string seeds = "axes.seed = [0";
  for (int i = 1; i < 1250; ++i) seeds += ", " + std::to_string(i);
  const auto compiled = compile_text(
      with_defaults("[[grid]]\nimage = \"labrador.png\"\n" + seeds + "]\naxes.steps = [1, 2, 3, 4]\n"));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->counts, (jobs::PlanCounts{.combinations = 5000, .shots = 5000}));
}

TEST(Diagnostics, AreSortedByPlaceAndTheSameOneTwiceIsOne) {
  const auto compiled =
      compile_text(with_defaults("stepz = 1\n[[grid]]\nmodel = \"nix\"\naxes.image = [\"labrador.png\"]\n"
                                 "axes.seed = [1, 2, 3, 4]\n"),
                   {"fpz=3"});
  EXPECT_EQ(said(compiled),
            "job.toml:5:1: error: unknown key \"stepz\" in [defaults]; did you mean \"steps\"?\n"
            "job.toml:7:9: error: model \"nix\" is not there: looked for /jobs/nix\n"
            "--set fpz=3: error: unknown shot key \"fpz\"; did you mean \"fps\"?\n");
}

TEST(Diagnostics, OfPromptsAreToldBesideAnyWrongKeyThatPromptsDoNotDependOn) {
  std::set<std::string_view> depended_on = {
      "context", "frames", "guidance_scale",  "ip_adapter_image", "ip_adapter_scale", "loras",
      "mode",    "name",   "negative_prompt", "priority",         "prompt",           "prompt_syntax",
      "seed",    "tags",   "trigger_words"};
  for (const dsl::internal::Key& key : dsl::internal::all_keys()) {
    if (key.section != dsl::internal::Section::shot) continue;
    const std::string text =
        said(compile_text(with_defaults("image = \"labrador.png\"\nprompt = \"@nobody\"\n[[shot]]\n" +
                                        std::string(key.name) + " = 2001-01-01\n")));
    EXPECT_THAT(text, HasSubstr(std::string(key.name) + " ")) << "that it is no date";
    EXPECT_EQ(text.find("there is no [prompts.nobody]") == std::string::npos,
              depended_on.erase(key.name) == 1)
        << text;
  }
  EXPECT_THAT(depended_on, testing::IsEmpty()) << "are keys";
}

TEST(Diagnostics, AThousandAreEnough) {
  std::string keys;
  for (int i = 0; i < 3000; ++i) keys += "key" + std::to_string(i) + " = 1\n";
  const auto compiled = compile_shot(keys);
  EXPECT_EQ(compiled.diagnostics.size(), 1001U);
  EXPECT_THAT(compiled.diagnostics.back().sentence, HasSubstr("1000 complaints are enough"));
}

TEST(Diagnostics, WhatAUserWroteReachesNoTerminalAsACommand) {
  const std::string text = said(compile_shot("\"a\\u001b[2J\\n\" = 1\nmode = \"\\u001b[2J\"\n"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\\x1b[2J"));
}

TEST(Dtype, IsWhatTheSiteAndTheDeviceDecide) {
  const dsl::JobSource source{.path = "/jobs/job.toml",
                              .text = with_defaults(kShot),
                              .working_directory = "/",
                              .sets = {},
                              .out = ""};
  const auto half = dsl::compile(source, {}, job_files(), {.dtype = jobs::Dtype::fp16, .tokenizer = nullptr});
  const auto full = dsl::compile(source, {}, job_files(), {.dtype = jobs::Dtype::fp32, .tokenizer = nullptr});
  EXPECT_EQ(shot_of(half).shot.dtype, jobs::Dtype::fp16);
  EXPECT_NE(shot_of(half).id, shot_of(full).id);
}

TEST(Roots, TheJobsFolderComesFirstThenPathsThenTheSite) {
  MapCatalog catalog = job_files();
  jobs::Site site;
  site.image_roots = {"/site"};
  const auto path_of = [&](const std::string& paths) {
    const dsl::JobSource source{
        .path = "/jobs/job.toml",
        .text = with_defaults("[paths]\n" + paths + "[[shot]]\nimage = \"dog.png\"\n"),
        .working_directory = "/jobs",
        .sets = {},
        .out = ""};
    return shot_of(dsl::compile(source, site, catalog, {})).shot.image.path;
  };
  catalog.image("/site/dog.png", {64, 64});
  EXPECT_EQ(path_of("images = [\"own\", \"other\"]\n"), "/site/dog.png");
  catalog.image("/jobs/other/dog.png", {64, 64});
  EXPECT_EQ(path_of("images = [\"own\", \"other\"]\n"), "/jobs/other/dog.png");
  catalog.image("/jobs/own/dog.png", {64, 64});
  EXPECT_EQ(path_of("images = [\"own\", \"other\"]\n"), "/jobs/own/dog.png");
  catalog.image("/jobs/dog.png", {64, 64});
  EXPECT_EQ(path_of("images = [\"own\", \"other\"]\n"), "/jobs/dog.png");
}

TEST(Roots, AnIdWinsOverAFileOfThatName) {
  const auto compiled =
      compile_text(with_defaults("[images]\n\"labrador.png\".path = \"odd.png\"\n" + kShot));
  EXPECT_EQ(shot_of(compiled).shot.image.path, "/jobs/odd.png");
  EXPECT_EQ(shot_of(compiled).image_id, "labrador.png");
}

}  // namespace
}  // namespace pia::tests
