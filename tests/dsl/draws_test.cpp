// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dsl/internal/video_path.hpp"
#include "dsl/plan_json.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using dsl::internal::PathPattern;
using testing::ElementsAre;
using testing::HasSubstr;

// A run directory and a source of chance: 1, 2, 3, ..
struct Bench {
  std::optional<jobs::Plan> kept;
  std::uint64_t last = 0;

  dsl::Compiled compile(const std::string& text, dsl::JobSource::Draft draft = dsl::JobSource::Draft::no,
                        jobs::Dtype dtype = jobs::Dtype::fp32) {
    static const MapCatalog kFiles = job_files();
    static const dsl::Tokenizer kTokenizer;
    return dsl::compile({.path = "/jobs/job.toml",
                         .text = with_defaults(text),
                         .working_directory = "/jobs",
                         .sets = {},
                         .out = "",
                         .draft = draft},
                        {}, kFiles,
                        {.dtype = dtype,
                         .tokenizer = &kTokenizer,
                         .chance = [this] { return ++last; },
                         .kept =
                             [this](const std::string& out) {
                               EXPECT_EQ(out, "/jobs/renders/job");
                               return kept;
                             }});
  }
  // Plans, and keeps the plan as a run does.
  std::vector<std::uint64_t> seeds(const std::string& text,
                                   dsl::JobSource::Draft draft = dsl::JobSource::Draft::no) {
    const auto compiled = compile(text, draft);
    EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
    if (!compiled.plan) return {};
    kept = dsl::plan_from_json(dsl::plan_to_json(*compiled.plan));
    EXPECT_EQ(*kept, *compiled.plan);
    std::vector<std::uint64_t> seeds;
    for (const auto& shot : compiled.plan->shots) seeds.push_back(shot.shot.seed);
    return seeds;
  }
};

std::string shot(const std::string& keys) {
  return "[[shot]]\nimage = \"labrador.png\"\n" + keys;
}

TEST(SeedOfMinusOne, IsDrawnOnceAndKept) {
  Bench bench;
  const std::string job = shot("seed = -1\n") + shot("seed = \"-1\"\nprompt = \"a\"\n");
  EXPECT_THAT(bench.seeds(job), ElementsAre(1, 2));
  EXPECT_THAT(bench.seeds(job), ElementsAre(1, 2));
  EXPECT_THAT(bench.seeds(shot("seed = -1\nprompt = \"a\"\n") + shot("seed = -1\n")), ElementsAre(2, 1))
      << "wherever the shot stands";
  EXPECT_THAT(bench.seeds(shot("seed = -1\nprompt = \"b\"\n")), ElementsAre(3)) << "another shot";
}

TEST(SeedOfMinusOne, EqualShotsAreDrawnApart) {
  Bench bench;
  const std::string grid = "[[grid]]\nimage = \"labrador.png\"\naxes.seed = [-1, -1, 5]\n";
  EXPECT_THAT(bench.seeds(grid), ElementsAre(1, 2, 5));
  EXPECT_THAT(bench.seeds(grid + shot("seed = -1\n")), ElementsAre(1, 2, 5, 3));
}

TEST(SeedOfMinusOne, ASeedThatSomebodyWroteIsNoDraw) {
  Bench bench;
  EXPECT_THAT(bench.seeds(shot("seed = 77\n")), ElementsAre(77));
  EXPECT_THAT(bench.seeds(shot("seed = -1\n")), ElementsAre(1));
}

TEST(SeedOfMinusOne, ADraftAndAnotherDeviceHaveTheSame) {
  Bench bench;
  const std::string job = shot("seed = -1\nprompt = \"{a|b|c|d|e|f|g|h}\"\n");
  EXPECT_THAT(bench.seeds(job, dsl::JobSource::Draft::yes), ElementsAre(1));
  EXPECT_THAT(bench.seeds(job), ElementsAre(1));
  const auto other = bench.compile(job, dsl::JobSource::Draft::no, jobs::Dtype::fp16);
  EXPECT_EQ(other.plan->shots.at(0).shot.seed, 1U);
}

TEST(SeedOfMinusOne, IsTheSameForOverridesThatLookAtNames) {
  Bench bench;
  EXPECT_THAT(bench.seeds(shot("seed = -1\nname = \"x\"\n") +
                          "[[override]]\nmatch = { name = \"x\" }\nset = { fps = 9 }\n"),
              ElementsAre(1));
}

TEST(SeedOfMinusOne, IsPlannedWithoutChanceToo) {
  const auto compiled = compile_text(with_defaults(shot("seed = -1\n")));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_TRUE(compiled.plan->shots.at(0).drawn_as.has_value());
}

std::vector<std::string> videos(const std::string& path, const std::string& blocks) {
  const auto compiled = compile_text(with_defaults(blocks + "[output]\npath = '" + path + "'\n"));
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  std::vector<std::string> stems;
  for (const auto& one : compiled.plan ? compiled.plan->shots : std::vector<jobs::PlannedShot>{}) {
    stems.push_back(one.video_stem);
  }
  return stems;
}

TEST(OutputPath, IsFilledFromTheShot) {
  EXPECT_THAT(
      videos("{grid}/{image}/{model}/{prompt}_{mode}_{magnitude}_{seed}",
             "[[grid]]\nname = \"g\"\nimage = \"labrador.png\"\nprompt = \"a dog\"\naxes.seed = [7]\n"),
      ElementsAre("g/labrador/tiny/a-dog_animate_small_7"));
  const auto stems = videos("{name}-{id8}", shot("name = \"one\"\n"));
  EXPECT_THAT(stems.at(0), testing::MatchesRegex("one-[0-9a-f]{8}"));
}

TEST(OutputPath, PartsThatComeToNothingAreLeftOut) {
  EXPECT_THAT(videos("{grid}/{name}", shot("name = \"one\"\n")), ElementsAre("one"));
  EXPECT_THAT(videos("{grid}", shot("name = \"one\"\n")), ElementsAre("one"));
}

TEST(OutputPath, NoTwoVideosHaveOne) {
  const auto stems = videos("all/{image}", "[[grid]]\nimage = \"labrador.png\"\naxes.seed = [1, 2, 3]\n");
  EXPECT_EQ(stems.at(0), "all/labrador");
  EXPECT_THAT(stems.at(1), testing::MatchesRegex("all/labrador-[0-9a-f]{8}"));
  EXPECT_EQ(std::set<std::string>(stems.begin(), stems.end()).size(), 3U);
}

std::string said_of(const std::string& path, const std::string& blocks, const std::string& more = "") {
  return said(compile_text(with_defaults(blocks + "[output]\n" + more + "path = '" + path + "'\n")));
}

TEST(OutputPath, TwoVideosOfOneNameAreWarnedOfByTheShotsNames) {
  EXPECT_EQ(said_of("all/{image}", "[[grid]]\nimage = \"labrador.png\"\naxes.seed = [1, 2, 3]\n"),
            "job.toml:9:8: warning: path names videos of \"labrador-tiny-small-s1\" and "
            "\"labrador-tiny-small-s2\" (videos/all/labrador) alike, and 1 more; digits of the id tell them "
            "apart; put {name} or {id8} into path\n");
  EXPECT_EQ(said_of("{name}", shot("name = \"a\"\n") + shot("name = \"b\"\nseed = 1\n")), "");
}

TEST(OutputPath, NamesThatDifferByCaseAloneAreOneName) {
  const std::string two = shot("name = \"Σίσυφος É\"\n") + shot("name = \"σίσυφοσ é\"\nseed = 1\n");
  EXPECT_THAT(videos("{name}", two),
              ElementsAre("Σίσυφος-É", testing::MatchesRegex("σίσυφοσ-é-[0-9a-f]{8}")));
  EXPECT_THAT(said_of("{name}", two), HasSubstr("path names videos of \"Σίσυφος É\" and \"σίσυφοσ"));
  EXPECT_THAT(
      videos("{name}/{seed}", shot("name = \"Dog\"\nseed = 1\n") + shot("name = \"dog\"\nseed = 2\n")),
      ElementsAre("Dog/1", "dog/2"))
      << "folders may be shared";
}

TEST(OutputPath, AFolderOfPicturesIsNoFolderForOtherVideos) {
  const std::string blocks =
      "[[shot]]\nname = \"RUN\"\nimage = \"labrador.png\"\n"
      "[[grid]]\nname = \"run\"\nimage = \"labrador.png\"\naxes.seed = [1, 2]\n";
  EXPECT_EQ(said_of("{grid}/{name}", blocks), "") << "videos/RUN.mp4 stands beside videos/run";
  EXPECT_EQ(
      said_of("{grid}/{name}", blocks, "frames = true\n"),
      "job.toml:14:8: error: path makes videos/RUN the folder of pictures of shot \"RUN\", and a folder "
      "for videos/run/labrador-tiny-small-s1 of shot \"labrador-tiny-small-s1\"; give one another name, "
      "or end path with -{id8}\n");
}

TEST(OutputPath, AVideoIsNoFolderForOtherVideos) {
  EXPECT_THAT(
      said_of("{grid}/{name}",
              "[[shot]]\nname = \"a\"\nimage = \"labrador.png\"\n"
              "[[grid]]\nname = \"a.mp4\"\nimage = \"labrador.png\"\n"
              "axes.seed = [1, 2]\n"),
      HasSubstr("error: path makes videos/a.mp4 the video of shot \"a\", and a folder for videos/a.mp4/"));
}

TEST(OutputPath, HostileNamesStayBelowVideos) {
  EXPECT_THAT(videos("x{name}/{prompt}", shot("name = \"../../etc/passwd\"\nprompt = \"/..\"\n")),
              ElementsAre("xetc-passwd/none"));
  EXPECT_THAT(videos("{name}.mp4", shot("name = \"雷電.mp4\"\n")), ElementsAre("雷電"));
  const std::string longest = videos(std::string(150, 'x') + "é{name}", shot("name = \"n\"\n")).at(0);
  EXPECT_EQ(longest, std::string(150, 'x'));
  EXPECT_EQ(videos(std::string(149, 'x') + "é", shot("")).at(0), std::string(149, 'x'));
}

TEST(OutputPath, MistakesHaveAMend) {
  const auto trouble = [](const std::string& text) {
    const auto parsed = PathPattern::parse(text);
    const auto* found = std::get_if<dsl::Trouble>(&parsed);
    return found == nullptr ? std::string() : found->sentence;
  };
  EXPECT_THAT(trouble("{promt}"), HasSubstr("path has no key {promt}; there are {grid}"));
  for (const char* wrong : {"{name", "name}", "{na{me}}"})
    EXPECT_THAT(trouble(wrong), HasSubstr("a brace")) << wrong;
  for (const char* wrong : {"/x", "x/", "a//b", "../x", "x/../y", ".hidden"}) {
    EXPECT_THAT(trouble(wrong), HasSubstr("below videos/")) << wrong;
  }
  EXPECT_THAT(trouble("a\\b"), HasSubstr("written with /"));
  EXPECT_EQ(trouble("a {name} b/{id8}"), "");
}

TEST(DrawnSeeds, BugATwinWithThatSeedMadeThemForgotten) {
  Bench bench;
  const auto drawn = bench.seeds(shot("seed = -1\n"));
  ASSERT_EQ(drawn.size(), 1U);
  const std::string both = shot("seed = " + std::to_string(drawn[0]) + "\n") + shot("seed = -1\n");
  EXPECT_EQ(bench.seeds(both), drawn);
  EXPECT_EQ(bench.seeds(both), drawn);
}

TEST(OutputFrames, ArePngAmongTheFormats) {
  using enum jobs::VideoFormat;
  const auto formats = [](const std::string& keys) {
    const auto compiled = compile_text(with_defaults(shot("") + "[output]\n" + keys));
    EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
    return compiled.plan ? compiled.plan->output.formats : std::vector<jobs::VideoFormat>{};
  };
  EXPECT_THAT(formats("frames = true\n"), ElementsAre(mp4, png));
  EXPECT_THAT(formats("frames = true\nformats = [\"png\", \"gif\"]\n"), ElementsAre(png, gif));
  EXPECT_THAT(formats("frames = false\n"), ElementsAre(mp4));
}

}  // namespace
}  // namespace pia::tests
