// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace pia::dsl::internal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class MapLines : public WildcardLines {
 public:
  MapLines& with(const std::string& name, std::vector<std::string> lines) {
    known_[name] = std::move(lines);
    return *this;
  }
  const std::variant<std::vector<std::string>, Trouble>& lines(const std::string& name) override {
    static const std::variant<std::vector<std::string>, Trouble> kNone = Trouble{"there is none"};
    const auto found = known_.find(name);
    return found == known_.end() ? kNone : found->second;
  }

 private:
  std::map<std::string, std::variant<std::vector<std::string>, Trouble>> known_;
};

std::string drawn(const std::string& text, std::uint64_t chance, MapLines lines = MapLines()) {
  const auto answer = draw(text, chance, lines);
  const auto* trouble = std::get_if<Trouble>(&answer);
  return trouble != nullptr ? "! " + trouble->sentence : std::get<std::string>(answer);
}

std::map<std::string, int> counted(const std::string& text, int draws, const MapLines& lines = MapLines()) {
  std::map<std::string, int> counts;
  for (int i = 0; i < draws; ++i) ++counts[drawn(text, static_cast<std::uint64_t>(i), lines)];
  return counts;
}

std::vector<std::string> all(const std::string& text, MapLines lines = MapLines(), std::size_t most = 1000) {
  const auto answer = all_of(text, most, lines);
  const auto* trouble = std::get_if<Trouble>(&answer);
  return trouble != nullptr ? std::vector<std::string>{"! " + trouble->sentence}
                            : std::get<std::vector<std::string>>(answer);
}

TEST(Template, ADrawIsAFunctionOfTextAndChance) {
  EXPECT_EQ(drawn("{a|b|c} {d|e}", 7), drawn("{a|b|c} {d|e}", 7));
  EXPECT_EQ(counted("{a|b|c}", 300).size(), 3U);
  for (const auto& [text, count] : counted("{a|b|c}", 300)) EXPECT_NEAR(count, 100, 40) << text;
}

TEST(Template, WeightsDecideHowOften) {
  const auto counts = counted("{0.9::a|0.1::b|0::c}", 1000);
  EXPECT_NEAR(counts.at("a"), 900, 40);
  EXPECT_EQ(counts.size(), 2U);
}

TEST(Template, SeveralAreDrawnAndDiffer) {
  for (const auto& [text, count] : counted("{2$$ and $$a|b|c}", 100)) {
    EXPECT_EQ(text.size(), 7U) << text;
    EXPECT_NE(text.front(), text.back()) << text;
  }
  EXPECT_EQ(counted("{2$$a|b}", 100).size(), 2U);
  EXPECT_EQ(counted("{9$$a|b}", 100).size(), 2U);
  EXPECT_EQ(counted("{0-1$$a}", 100).size(), 2U);
}

TEST(Template, ChoicesNestAndMayBeEmpty) {
  EXPECT_THAT(all("{a|{b|c} d|}"), ElementsAre("a", "b d", "c d", ""));
  EXPECT_THAT(all("x{1|2}{3|4}"), ElementsAre("x13", "x14", "x23", "x24"));
  EXPECT_THAT(all("{2$$a|b|c}"), ElementsAre("a, b", "a, c", "b, c"));
  EXPECT_THAT(all("{1-2$$ $$a|b}"), ElementsAre("a", "b", "a b"));
  EXPECT_THAT(all("{a|a|b}"), ElementsAre("a", "b"));
}

TEST(Template, BracesWithoutABarAndEscapesAreLiteral) {
  EXPECT_EQ(drawn("{masterpiece} } {", 0), "{masterpiece} } {");
  EXPECT_EQ(drawn("\\{a\\|b\\} (c\\)", 0), "{a|b} (c\\)");
  EXPECT_EQ(drawn("_\\_a__", 0), "__a__");
  EXPECT_FALSE(is_template("{masterpiece}, (a:1.2), _b_, __, a __ b __"));
  EXPECT_TRUE(is_template("{a|b}"));
  EXPECT_TRUE(is_template("a __b__"));
}

TEST(Template, AWildcardIsALineWhichMayChooseAgain) {
  const MapLines lines = MapLines().with("camera", {"close-up", "{wide|long} shot"}).with("dir/*", {"x"});
  EXPECT_THAT(all("__camera__, __dir/*__", lines),
              ElementsAre("close-up, x", "wide shot, x", "long shot, x"));
  EXPECT_EQ(counted("__camera__", 100, lines).size(), 3U);
  EXPECT_EQ(drawn("__nix__", 0, lines), "! there is none");
}

TEST(Template, EveryDrawIsOneOfAll) {
  const std::string text = "{a|{2$$b|c|d}} __w__ {1-2$$-$$e|f} \\{g\\|h\\}";
  const MapLines lines = MapLines().with("w", {"i", "{j|k}"});
  std::set<std::string> known;
  for (const std::string& one : all(text, lines)) known.insert(drawn(one, 0));
  for (const auto& [one, count] : counted("{a|{b|c}} x", 50)) EXPECT_TRUE(one.ends_with(" x"));
  EXPECT_EQ(known.size(), 36U);
}

TEST(Template, WhatCantBeReadIsSaid) {
  EXPECT_THAT(drawn("a {b|c", 0), HasSubstr("\"{b|c\" is not closed"));
  EXPECT_THAT(drawn("{x$$a|b}", 0), HasSubstr("\"x\" before $$ is no number"));
  EXPECT_THAT(drawn("{3-2$$a|b}", 0), HasSubstr("before $$"));
  EXPECT_THAT(drawn("{0::a|0::b}", 0), HasSubstr("are all 0"));
  EXPECT_THAT(drawn("{-1::a|b}", 0), HasSubstr("no number from 0"));
  EXPECT_THAT(all("{a|b}{a|b}{a|b}{a|b}", MapLines(), 15).front(), HasSubstr("more than 15 texts"));
}

TEST(Template, HostileOnesEndInTime) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{a|";
  EXPECT_THAT(drawn(deep + std::string(100000, '}'), 0), HasSubstr("16 deep"));
  EXPECT_THAT(drawn(std::string(1000000, '{') + "|", 0), HasSubstr("is not closed"));
  EXPECT_EQ(drawn(std::string(1000, '{'), 0), std::string(1000, '{'));
  EXPECT_THAT(drawn("__a__", 0, MapLines().with("a", {"__a__ __a__"})), HasSubstr("circle"));
  std::string much;
  for (int i = 0; i < 1000; ++i) much += "__b__";
  std::string more;
  for (int i = 0; i < 1000; ++i) more += "__c__";
  const MapLines empty = MapLines().with("a", {much}).with("b", {more}).with("c", {"{|}"});
  EXPECT_THAT(drawn("__a__", 0, empty), HasSubstr("too much work"));
  EXPECT_THAT(all("__a__", empty).front(), HasSubstr("! "));
  std::string choices = "{a|b}";
  for (int i = 0; i < 10; ++i) choices += choices;
  EXPECT_THAT(all(choices).front(), HasSubstr("more than 1000 texts"));
}

TEST(Template, TellsItsOutermostChoicesAsTheyAreWritten) {
  EXPECT_THAT(choices_in(R"(a {2$$ and $$b|{c|__d__}}, {plain} \{e\|f\} __g/*__)"),
              ElementsAre("{2$$ and $$b|{c|__d__}}", "__g/*__"));
  EXPECT_THAT(choices_in("{a|b"), testing::IsEmpty());
}

TEST(Template, BugAnEscapeStayedInAPromptWithoutAChoice) {
  EXPECT_TRUE(is_template(R"(\{a\|b\})"));
  EXPECT_EQ(drawn(R"(\{a\|b\} \_\_c\_\_)", 7), "{a|b} __c__");
  EXPECT_FALSE(is_template(R"(a \(real\) {smile} C:\x)"));
}

}  // namespace
}  // namespace pia::dsl::internal
