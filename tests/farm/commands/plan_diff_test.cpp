// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/plan_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/core/recipe.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using tests::ShotBuilder;

template <class Change>
jobs::PlannedShot shaped(const std::string& name, Change change) {
  jobs::PlannedShot planned = ShotBuilder{}.seed(1).planned(name);
  change(planned);
  planned.id = jobs::shot_id(planned.shot);
  planned.names = {planned.name};
  return planned;
}

jobs::PlannedShot shot(const std::string& name, std::uint64_t seed = 1) {
  return shaped(name, [&](jobs::PlannedShot& planned) { planned.shot.seed = seed; });
}

jobs::Plan plan_of(std::vector<jobs::PlannedShot> shots) {
  jobs::Plan plan;
  plan.shots = std::move(shots);
  return plan;
}

TEST(PlanDiff, OfEqualPlansIsNothingWhateverTheirOrder) {
  const PlanDiff diff =
      plan_diff(plan_of({shot("a", 1), shot("b", 2)}), plan_of({shot("b", 2), shot("renamed", 1)}));
  EXPECT_THAT(diff.changed, IsEmpty());
  EXPECT_THAT(diff.added, IsEmpty());
  EXPECT_THAT(diff.gone, IsEmpty());
  EXPECT_EQ(diff.same.size(), 2U);
}

TEST(PlanDiff, SaysWhatIsNewAndWhatIsGone) {
  const PlanDiff diff =
      plan_diff(plan_of({shot("a", 1), shot("b", 2)}), plan_of({shot("b", 2), shot("c", 3)}));
  EXPECT_THAT(diff.added, ElementsAre("c"));
  EXPECT_THAT(diff.gone, ElementsAre("a"));
}

TEST(PlanDiff, SaysWhichKeysOfAShotChanged) {
  const auto reason = [](auto change) {
    const PlanDiff diff = plan_diff(plan_of({shot("a")}), plan_of({shaped("a", change)}));
    return diff.changed.size() == 1 ? diff.changed.begin()->first : std::string();
  };
  EXPECT_EQ(reason([](jobs::PlannedShot& s) { s.shot.seed = 2; }), "seed \"1\" -> \"2\"");
  const std::string both = reason([](jobs::PlannedShot& s) {
    s.shot.guidance_scale = 3;
    s.shot.image = {"/other.png", jobs::sha256("other")};
  });
  EXPECT_THAT(both, testing::MatchesRegex("guidance_scale .* -> 3.0; image \".*\" -> \"/other.png\""));
  EXPECT_EQ(reason([](jobs::PlannedShot& s) { s.shot.model.digest = jobs::sha256("new"); }),
            "model: what is in its file changed");
  EXPECT_EQ(reason([](jobs::PlannedShot& s) {
              s.magnitude = jobs::Magnitude::large;
              s.shot.affinity[1] = 0.1;
            }),
            "magnitude \"small\" -> \"large\"");
  EXPECT_EQ(reason([](jobs::PlannedShot& s) { s.shot.affinity[1] = 0.1; }), "affinity changed");
}

TEST(PlanDiff, GroupsShotsByWhatChanged) {
  const auto faster = [](jobs::PlannedShot& s) { s.shot.guidance_scale = 1; };
  const auto plain = [](jobs::PlannedShot& s) { s.shot.guidance_scale = 2; };
  const PlanDiff diff =
      plan_diff(plan_of({shaped("a", plain)}), plan_of({shaped("a", faster), shot("b", 9)}));
  EXPECT_THAT(diff.changed, ElementsAre(Pair("guidance_scale 2.0 -> 1.0", ElementsAre("a"))));
}

// A shot of a grid, called by the values of its axes.
jobs::PlannedShot of_grid(const std::string& prompt, double guidance, std::uint64_t seed = 1) {
  return shaped(prompt + "-" + std::to_string(guidance), [&](jobs::PlannedShot& planned) {
    planned.grid = "g";
    planned.prompt_text = prompt;
    planned.shot.prompt.keyframes[0].ids[1] = static_cast<std::int32_t>(prompt.size());
    planned.shot.guidance_scale = guidance;
    planned.shot.seed = seed;
    planned.name += "-s" + std::to_string(seed);
  });
}

TEST(PlanDiff, BugAChangedAxisOfAGridWasNewAndGoneWithoutAReason) {
  const PlanDiff diff =
      plan_diff(plan_of({of_grid("snow", 1), of_grid("snow", 2), of_grid("sun", 1)}),
                plan_of({of_grid("deep snow", 1), of_grid("deep snow", 2), of_grid("sun", 1)}));
  EXPECT_THAT(diff.replaced, ElementsAre(Replaced{"prompt", "prompt \"snow\" -> \"deep snow\"", 2}));
  EXPECT_THAT(diff.added, ElementsAre("deep snow-1.000000-s1", "deep snow-2.000000-s1"));
  EXPECT_EQ(diff.gone.size(), 2U);
  EXPECT_THAT(diff_words(diff, {}),
              testing::HasSubstr("\n  prompt \"snow\" -> \"deep snow\": 2 shots\ngone "));
}

TEST(PlanDiff, TheKeyThatExplainsMostComesFirstAndEachShotOnce) {
  const PlanDiff diff = plan_diff(plan_of({of_grid("snow", 1), of_grid("snow", 2)}),
                                  plan_of({of_grid("rain!", 1), of_grid("rain!", 2), of_grid("rain!", 3)}));
  EXPECT_THAT(diff.replaced, ElementsAre(Replaced{"prompt", "prompt \"snow\" -> \"rain!\"", 2}));
  const PlanDiff seeds = plan_diff(plan_of({of_grid("snow", 1, 1), of_grid("snow", 1, 2)}),
                                   plan_of({of_grid("snow", 1, 3), of_grid("snow", 1, 4)}));
  EXPECT_THAT(seeds.replaced, ElementsAre(Replaced{"seed", "seed \"1\" -> \"3\"", 1},
                                          Replaced{"seed", "seed \"2\" -> \"4\"", 1}));
}

TEST(PlanDiff, BugAnAxisOfManyNewValuesWasToldInALineEach) {
  std::vector<jobs::PlannedShot> before;
  std::vector<jobs::PlannedShot> now;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    before.push_back(of_grid("snow", 1, seed));
    now.push_back(of_grid("snow", 1, 1000 + seed));
  }
  before.push_back(of_grid("snow", 2, 9));
  now.push_back(of_grid("snow", 2, 1009));
  const std::string text = diff_words(plan_diff(plan_of(before), plan_of(now)), {});
  EXPECT_THAT(text, testing::HasSubstr("\n  seed \"9\" -> \"1009\": 2 shots\n"
                                       "  seed \"1\" -> \"1001\": 1 shot\n"
                                       "  seed \"2\" -> \"1002\": 1 shot\n"
                                       "  seed \"3\" -> \"1003\": 1 shot\n"
                                       "  seed changed: 8 more shots\ngone "))
      << "the commonest first, else as in the plan";
}

TEST(PlanDiff, ShotsThatDifferInTwoKeysOrAreOfNoGridReplaceNone) {
  EXPECT_THAT(plan_diff(plan_of({of_grid("snow", 1)}), plan_of({of_grid("rain!", 2)})).replaced, IsEmpty());
  EXPECT_THAT(plan_diff(plan_of({shot("a", 1)}), plan_of({shot("b", 2)})).replaced, IsEmpty());
}

TEST(PlanDiff, APictureBringsItsSeedAndItsSize) {
  const auto with_picture = [](const std::string& name, std::uint64_t seed) {
    return shaped(name, [&](jobs::PlannedShot& s) {
      s.grid = "g";
      s.shot.image = {"/" + name + ".png", jobs::sha256(name)};
      s.shot.seed = seed;
      s.shot.geometry.size.width = 8 * static_cast<int>(seed);
    });
  };
  const PlanDiff diff = plan_diff(plan_of({with_picture("a", 1)}), plan_of({with_picture("b", 2)}));
  ASSERT_EQ(diff.replaced.size(), 1U);
  EXPECT_EQ(diff.replaced[0].key, "image");
  EXPECT_THAT(diff.replaced[0].how, testing::HasSubstr("image \"/a.png\" -> \"/b.png\""));
}

// The first shots of a plan.
std::map<jobs::ShotId, LackingVideos> all(const jobs::Plan& plan, std::size_t count,
                                          LackingVideos lacking = LackingVideos::are_outdated) {
  std::map<jobs::ShotId, LackingVideos> ids;
  for (std::size_t i = 0; i < count; ++i) ids[plan.shots[i].id] = lacking;
  return ids;
}

TEST(PlanDiff, BugVideosWithOtherLabelsWereSaidToBeMissing) {
  const jobs::Plan before = plan_of({shot("a", 1), shot("b", 2), shot("c", 3)});
  jobs::Plan now = before;
  for (jobs::PlannedShot& one : now.shots) one.model_id = "new";
  now.shots[2].prompt_text = "a Dog";
  EXPECT_THAT(new_videos(before, now, all(now, 3)),
              ElementsAre(Pair("other labels: model", 2U), Pair("other labels: model, prompt", 1U)));
  EXPECT_THAT(new_videos(before, before, all(before, 2)),
              ElementsAre(Pair("those that are there were made by an earlier version", 2U)));
  now.output.metadata = false;
  EXPECT_THAT(new_videos(before, now, all(now, 1)), ElementsAre(Pair("without metadata now", 1U)));
}

TEST(PlanDiff, NamesTheKeyThatChangedWhereAPictureWouldBringIt) {
  const auto of = [](const std::string& picture, std::uint64_t seed) {
    return shaped(picture + std::to_string(seed), [&](jobs::PlannedShot& s) {
      s.grid = "g";
      s.shot.image = {"/" + picture + ".png", jobs::sha256(picture)};
      s.shot.seed = seed;
    });
  };
  const PlanDiff diff = plan_diff(plan_of({of("a", 1), of("b", 2), of("a", 3)}),
                                  plan_of({of("a", 11), of("c", 2), of("a", 13)}));
  std::vector<std::string> keys;
  for (const Replaced& one : diff.replaced) keys.push_back(one.key);
  EXPECT_THAT(keys, testing::UnorderedElementsAre("seed", "seed", "image"));
}

TEST(PlanDiff, SaysWhichUnchangedShotsGetNewVideosAndWhy) {
  jobs::Plan before = plan_of({shot("a", 1), shot("b", 2), shot("c", 3), shot("d", 4)});
  jobs::Plan now = before;
  now.shots[0].fps = 12;
  now.shots[1].fps = 12;
  now.output.formats.push_back(jobs::VideoFormat::gif);
  now.shots[2].video_stem = "elsewhere";
  EXPECT_THAT(new_videos(before, now, all(now, 3)),
              ElementsAre(Pair("formats mp4 -> mp4, gif; under another path", 1U),
                          Pair("fps 8 -> 12; formats mp4 -> mp4, gif", 2U)));
  now = before;
  now.output.crf = 20;
  now.output.metadata = false;
  EXPECT_THAT(new_videos(before, now, all(now, 1)),
              ElementsAre(Pair("crf 18 -> 20; without metadata now", 1U)));
  EXPECT_THAT(new_videos(before, before, all(now, 1, LackingVideos::are_missing)),
              ElementsAre(Pair("they are missing", 1U)));
}

TEST(PlanDiff, IsToldInAFewLines) {
  const jobs::PlannedShot done = shot("d", 4);
  const jobs::PlannedShot left = shot("l", 5);
  PlanDiff diff{.changed = {{"steps 1 -> 2", {"a", "b"}}},
                .added = {"n1", "n2", "n3", "n4", "n5", "n6"},
                .gone = {"g"},
                .same = {done.id, left.id},
                .replaced = {{"prompt", "prompt \"a\" -> \"b\"", 5}},
                .videos = {{"fps 8 -> 12", 1}}};
  EXPECT_EQ(diff_words(diff, {done.id}),
            "again       2 shots\n"
            "  a, b: steps 1 -> 2\n"
            "new         6 shots: n1, n2, n3, n4 and 2 more\n"
            "  prompt \"a\" -> \"b\": 5 shots\n"
            "gone        1 shot: g\n"
            "unchanged   2 shots: 1 of which is not done yet\n"
            "  new videos of 1 shot, without rendering: fps 8 -> 12\n");
  EXPECT_EQ(diff_words({.changed = {}, .added = {}, .gone = {}, .same = {}}, {}), "unchanged   0 shots\n");
}

TEST(PlanDiff, BugEveryShotWithAChangeOfItsOwnHadALine) {
  PlanDiff diff;
  for (int i = 1; i <= 300; ++i) {
    diff.changed["seed 0 -> " + std::to_string(i)] = {"shot-" + std::to_string(i)};
  }
  diff.changed["steps 1 -> 2"] = {"a", "b"};
  const std::string text = diff_words(diff, {});
  EXPECT_TRUE(text.starts_with("again       302 shots\n  a, b: steps 1 -> 2\n")) << text;
  EXPECT_THAT(text, testing::HasSubstr("  293 more shots, in 293 other ways\nunchanged"));
}

}  // namespace
}  // namespace pia::farm
