// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "dsl/diagnostic.hpp"
#include "dsl/internal/geometry.hpp"
#include "dsl/internal/glob.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/names.hpp"
#include "dsl/internal/prompts.hpp"
#include "dsl/internal/read.hpp"

namespace pia::dsl::internal {
namespace {

jobs::Geometry fitted(const SizeWish& wish, jobs::Size input) {
  const auto answer = fit_size(wish, input);
  EXPECT_TRUE(std::holds_alternative<SizeAnswer>(answer));
  return std::holds_alternative<SizeAnswer>(answer) ? std::get<SizeAnswer>(answer).geometry
                                                    : jobs::Geometry{};
}

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
  const std::vector<std::string> keys = {"steps", "magnitude", "guidance_scale", "seed", "prompt"};
  EXPECT_EQ(nearest("step", keys), "steps");
  EXPECT_EQ(nearest("magnitued", keys), "magnitude");
  EXPECT_EQ(nearest("MAGNITUDE", keys), "magnitude");
  EXPECT_EQ(nearest("guidance-scale", keys), "guidance_scale");
  EXPECT_EQ(nearest("guid", keys), "guidance_scale");
  EXPECT_EQ(nearest("sede", keys), "seed");
  EXPECT_EQ(nearest("looping", {"animate", "loop", "style_transfer"}), "loop");
  EXPECT_EQ(nearest("frames_sen", {"frames", "frames_seen"}), "frames_seen");
  EXPECT_EQ(nearest("focus_timestp", {"focus", "focus_timestep"}), "focus_timestep");
  EXPECT_EQ(nearest("seed_of_all", keys), "");
  EXPECT_EQ(nearest("xyz", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest("steps", {"steps"}), "");
  EXPECT_EQ(nearest(std::string(100000, 'a'), keys), "");
}

TEST(Geometry, SizesAreThoseOfTheOriginal) {
  std::ifstream file(PIA_GOLDEN "/resize.json");
  int compared = 0;
  const auto golden = nlohmann::json::parse(file);
  for (const auto& row : golden["sizes"]) {
    const jobs::Size input{row[0], row[1]};
    const jobs::Size expected{row[2], row[3]};
    if (std::min(expected.width, expected.height) == 0) {
      EXPECT_TRUE(std::holds_alternative<Trouble>(fit_size({}, input)));
    } else {
      EXPECT_EQ(fitted({}, input).size, expected) << row;
    }
    ++compared;
  }
  EXPECT_GE(compared, 15);
}

TEST(Geometry, ALongSideOf561Becomes511AndThen504AsInTheOriginal) {
  EXPECT_EQ(fitted({}, {561, 420}).first, (jobs::Size{511, 383}));
  EXPECT_EQ(fitted({}, {561, 420}).size, (jobs::Size{504, 376}));
  EXPECT_EQ(fitted({}, {420, 561}).size, (jobs::Size{376, 504}));
}

TEST(Geometry, AThinPictureIsAnErrorThatNamesBothSizes) {
  for (const jobs::Size input : {jobs::Size{600, 8}, jobs::Size{8, 600}, jobs::Size{4000, 4}}) {
    const auto answer = fit_size({}, input);
    ASSERT_TRUE(std::holds_alternative<Trouble>(answer));
    EXPECT_NE(std::get<Trouble>(answer).sentence.find("would become"), std::string::npos);
  }
  EXPECT_EQ(fitted({}, {512, 8}).size, (jobs::Size{512, 8}));
}

TEST(Geometry, TheFirstSizeIsKeptExactlyWhereTheOriginalResizesTwice) {
  EXPECT_EQ(fitted({}, {512, 512}).first, std::nullopt);
  EXPECT_EQ(fitted({}, {511, 509}).first, std::nullopt);
  EXPECT_EQ(fitted({}, {1024, 1024}).first, std::nullopt);
  EXPECT_EQ(fitted({}, {512, 640}).first, (jobs::Size{409, 512}));
  EXPECT_EQ(fitted({}, {561, 420}).first, (jobs::Size{511, 383}));
  EXPECT_EQ(fitted({.reference = jobs::Reference::diffusers}, {561, 420}).first, std::nullopt);
  EXPECT_EQ(fitted({.resize = jobs::Resize::crop}, {561, 420}).first, std::nullopt);
  EXPECT_EQ(fitted({.width = 64}, {561, 420}).first, std::nullopt);
}

TEST(Geometry, OneSideFollowsThePicturesProportions) {
  EXPECT_EQ(fitted({.width = 256}, {1920, 1080}).size, (jobs::Size{256, 144}));
  EXPECT_EQ(fitted({.height = 256}, {1080, 1920}).size, (jobs::Size{144, 256}));
  EXPECT_EQ(fitted({.width = 100, .factor = 2}, {100, 51}).size, (jobs::Size{100, 50}));
}

TEST(Geometry, SidesOutsideTheLimitsAreTrouble) {
  EXPECT_TRUE(std::holds_alternative<Trouble>(fit_size({.width = 4096}, {100, 101})));
  EXPECT_TRUE(std::holds_alternative<Trouble>(fit_size({.width = 4096}, {1, 2147483647})));
  EXPECT_TRUE(std::holds_alternative<Trouble>(fit_size({}, {7, 512})));
  EXPECT_TRUE(std::holds_alternative<Trouble>(fit_size({.factor = 64}, {63, 512})));
  EXPECT_TRUE(std::holds_alternative<SizeAnswer>(fit_size({}, {2147483647, 2147483647})));
}

TEST(Glob, MatchesAsAShellDoes) {
  EXPECT_TRUE(matches("*.png", "a.png"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "aXbbXc"));
  EXPECT_TRUE(matches("[a-c]?[!x]", "bZy"));
  EXPECT_TRUE(matches("[]]", "]"));
  EXPECT_TRUE(matches("[", "["));
  EXPECT_FALSE(matches("[!a]", "a"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_FALSE(matches("*.png", "a.pngx"));
  EXPECT_FALSE(matches("a*b", "ac"));
}

TEST(Glob, ManyStarsEnd) {
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  EXPECT_FALSE(matches(stars + "b", std::string(5000, 'a')));
}

TEST(Slug, IsAlwaysOnePartOfAPath) {
  EXPECT_EQ(slug("Hello, World!", 40), "Hello-World");
  EXPECT_EQ(slug("../../etc/passwd", 40), "etc-passwd");
  EXPECT_EQ(slug("..", 40), "none");
  EXPECT_EQ(slug("", 40), "none");
  EXPECT_EQ(slug(".hidden", 40), "hidden");
  EXPECT_EQ(slug("a.b_c", 40), "a.b_c");
  EXPECT_EQ(slug("日本語", 7), "日本");
  EXPECT_EQ(slug(std::string("a\0b", 3), 40), "a-b");
  EXPECT_EQ(slug("a\xff", 40), "a");
  EXPECT_EQ(slug("-rf", 40), "rf");
}

TEST(KeyTable, EveryKeyIsThereOnceAndSaysWhatItMeans) {
  std::set<std::pair<Section, std::string_view>> names;
  for (const Key& key : all_keys()) {
    EXPECT_TRUE(names.insert({key.section, key.name}).second) << key.name;
    EXPECT_FALSE(key.meaning.empty()) << key.name;
    EXPECT_EQ(key.words != nullptr,
              key.type == Type::word || key.type == Type::words || key.type == Type::magnitude)
        << key.name;
  }
}

TEST(KeyTable, AnotherProgramsNameMeansOneKey) {
  std::set<std::pair<Section, std::string>> names;
  for (const Key& key : all_keys()) {
    for (const std::string& other : parts_of(key.other_names)) {
      EXPECT_TRUE(names.insert({key.section, other}).second) << other;
      EXPECT_EQ(find_key(key.section, other), nullptr) << other;
    }
  }
}

TEST(ReadKey, TakesDottedAndQuotedPartsAndNothingElse) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(read_key("steps"), Parts{"steps"});
  EXPECT_EQ(read_key("a.\"b.c\".d"), (Parts{"a", "b.c", "d"}));
  for (const char* wrong : {"", ".", "a.", "a b", "a = 1", "[a]", "a\nb", "a#", "\xff"}) {
    EXPECT_EQ(read_key(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace pia::dsl::internal
