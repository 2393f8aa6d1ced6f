// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/diagnostics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pia::farm {
namespace {

using testing::HasSubstr;

dsl::Diagnostic at(int line, int column, const std::string& sentence = "no") {
  return {.file = "job.toml", .line = line, .column = column, .sentence = sentence};
}

// What stands below the sentence.
std::string below(const dsl::Diagnostic& diagnostic, std::string_view source, std::size_t columns = 80) {
  SourceLines lines(source);
  const std::string text = shown_on_terminal(diagnostic, lines, {.columns = columns});
  return text.substr(text.find('\n') + 1);
}

TEST(Diagnostics, ShowTheLineAndACaretUnderTheWord) {
  SourceLines lines("format = 1\nmagnitued = \"large\"\n");
  EXPECT_EQ(shown_on_terminal(at(2, 1), lines, {}),
            "job.toml:2:1: error: no\n"
            "    2 | magnitued = \"large\"\n"
            "      | ^~~~~~~~~\n");
}

TEST(Diagnostics, ACaretSpansAStringAndOneBracket) {
  EXPECT_EQ(below(at(1, 5), "x = \"a \\\" b\" # c"), "    1 | x = \"a \\\" b\" # c\n      |     ^~~~~~~~\n");
  EXPECT_EQ(below(at(1, 5), "x = [1, 2]"), "    1 | x = [1, 2]\n      |     ^\n");
}

TEST(Diagnostics, ALineMayEndInCrLfAndAFileBeginWithABom) {
  EXPECT_EQ(below(at(1, 1),
                  "\xef\xbb\xbf"
                  "ab = 1\r\n"),
            "    1 | ab = 1\n      | ^~\n");
}

TEST(Diagnostics, TabsAndWideCharactersKeepTheCaretInItsPlace) {
  EXPECT_EQ(below(at(1, 2), "\tab"), "    1 |     ab\n      |     ^~\n");
  EXPECT_EQ(below(at(1, 8), "雷電 = 3\t7"), "    1 | 雷電 = 3    7\n      |             ^\n");
  EXPECT_EQ(below(at(1, 5), "é = \"ß\" x"), "    1 | é = \"ß\" x\n      |     ^~~\n");
}

TEST(Diagnostics, BytesThatSteerATerminalAreShownAsQuestionMarks) {
  EXPECT_EQ(below(at(1, 3),
                  "a\x1b\xff"
                  "b"),
            "    1 | a??b\n      |   ^\n");
}

TEST(Diagnostics, OfALongLineThePartAroundTheCaretIsShown) {
  const std::string line = std::string(5000, 'a') + " " + std::string(5000, 'b');
  const std::string shown = below(at(1, 5002), line, 48);
  EXPECT_EQ(shown, "    1 | …" + std::string(11, 'a') + " " + std::string(25, 'b') + "…\n      | " +
                       std::string(13, ' ') + "^" + std::string(24, '~') + "\n");
  EXPECT_THAT(below(at(1, 10001), line, 48), HasSubstr("b\n"));
  EXPECT_THAT(below(at(1, 1), line, 1), HasSubstr("aaa…\n"));
}

TEST(Diagnostics, BugALineOfMegabytesWasReadAgainForEveryMistake) {
  constexpr std::size_t kErrors = 1000;
  std::string line;
  for (std::size_t i = 0; i < kErrors; ++i)
    line += "é" + std::to_string(10000 + i) + std::string(4992, 'x') + " ";
  const std::string source = "format = 1\n" + line + "\r\nlast = 1";
  SourceLines lines(source);
  for (std::size_t i = kErrors; i-- > 0;) {
    const std::string shown =
        shown_on_terminal(at(2, static_cast<int>(i * 4999 + 2)), lines, {.columns = 60});
    EXPECT_LT(shown.size(), 250U);
    ASSERT_THAT(shown, HasSubstr("é" + std::to_string(10000 + i) + "xxx"));
  }
  EXPECT_GE(source.size(), 5'000'000U);
  EXPECT_LT(lines.bytes_read(), source.size() + kErrors * 10'000);
  EXPECT_EQ(shown_on_terminal(at(3, 1), lines, {}),
            "job.toml:3:1: error: no\n    3 | last = 1\n      | ^~~~\n");
}

TEST(Diagnostics, MillionsOfMarksWithoutWidthAreNotShown) {
  std::string line = "a";
  for (int i = 0; i < 1'000'000; ++i) line += "\u0301";
  EXPECT_LT(below(at(1, 500'000), line).size(), 700U);
  EXPECT_LT(below(at(1, 1), line).size(), 700U);
}

TEST(Diagnostics, ShowNoLineThatIsNotThere) {
  EXPECT_EQ(below(at(3, 1), "a\nb"), "");
  EXPECT_EQ(below(at(0, 0), "a\nb"), "");
  EXPECT_EQ(below(at(2, 1), "a\n\nb"), "");
  EXPECT_EQ(below(at(3, 1), "a\nb\n"), "");
  EXPECT_EQ(below(at(1, 70), "a\nb"), "    1 | a\n      |  ^\n");
}

TEST(Diagnostics, AreColouredOnlyIfThatIsWished) {
  dsl::Diagnostic warning = at(1, 1);
  warning.severity = dsl::Severity::warning;
  SourceLines lines("a");
  EXPECT_EQ(
      shown_on_terminal(warning, lines, {.colour = Surroundings::Colour::yes}),
      "\x1b[1mjob.toml:1:1: \x1b[0m\x1b[1;35mwarning:\x1b[0m no\n    1 | a\n      | \x1b[1;32m^\x1b[0m\n");
}

TEST(Diagnostics, AreLinesOfJsonForEditors) {
  const auto json = nlohmann::json::parse(
      diagnostic_json(at(3, 7, "unknown key \"a\\\"b\"; did you mean \"a \\\\ \\\"c\\\"\"?; it takes a")));
  EXPECT_EQ(json["file"], "job.toml");
  EXPECT_EQ(json["line"], 3);
  EXPECT_EQ(json["column"], 7);
  EXPECT_EQ(json["severity"], "error");
  EXPECT_EQ(json["suggestion"], "a \\ \"c\"");
  EXPECT_FALSE(nlohmann::json::parse(diagnostic_json(at(1, 1, "\xff"))).contains("suggestion"));
}

}  // namespace
}  // namespace pia::farm
