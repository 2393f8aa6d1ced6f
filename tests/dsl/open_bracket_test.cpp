// SPDX-License-Identifier: Apache-2.0
// Brackets in prompts that nothing closes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;

const std::string kMoods = "# how it feels\nwide (smile\n\nsad :(\n[angry {a|b}\n(calm)\n";

std::string told_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  static const MapCatalog kFiles =
      job_files().file("/jobs/wildcards/mood.txt", kMoods).file("/jobs/wildcards/one.txt", "calm\n(smile\n");
  return said(dsl::compile({.path = "/jobs/job.toml",
                            .text = with_defaults(text),
                            .working_directory = "/jobs",
                            .sets = sets,
                            .out = ""},
                           {}, kFiles, {}));
}

std::string told(const std::string& keys) {
  return told_of("[[shot]]\nimage = \"labrador.png\"\n" + keys);
}

std::ptrdiff_t lines_in(const std::string& text) {
  return std::ranges::count(text, '\n');
}

TEST(OpenBracket, BugABracketThatIsNotClosedWasSilent) {
  EXPECT_EQ(
      told("prompt = 'a (dog:1.3'\n"),
      "job.toml:7:10: warning: prompt: the bracket of \"(dog:1.3\" is not closed, so that it reaches to "
      "the end: close it, or write \\( for one that is text\n");
  EXPECT_THAT(told("prompt = \"(a [b)\"\n"), HasSubstr("the bracket of \"[b)\" is not closed"));
  EXPECT_THAT(told("prompt = \"[a (b]\"\n"), HasSubstr("the bracket of \"(b]\" is not closed"));
  for (const char* prompt : {"(dog:1.3)", "[a] (b) :)", "a] b)", "\\\\(a", "((a)b)"}) {
    EXPECT_EQ(told(std::string("prompt = \"") + prompt + "\"\n"), "") << prompt;
  }
  EXPECT_EQ(told("prompt_syntax = \"plain\"\nprompt = \"(dog\"\n"), "");
}

TEST(OpenBracket, BugASmileyAtTheEndWasToldToReachToTheEnd) {
  for (const char* prompt : {"sad dog :(", "sad dog :( ", "sad dog :((,", "sad [", "\\n:(\\n"}) {
    EXPECT_EQ(told(std::string("prompt = \"") + prompt + "\"\n"), "") << prompt;
  }
  EXPECT_THAT(told("prompt = \"sad dog :( at night\"\n"), HasSubstr("\"( at night\" is not closed"));
}

TEST(OpenBracket, BugTheAdviceWasNoTomlInDoubleQuotes) {
  for (const char* quoted : {"\"a (b\"", "\"\"\"a (b\"\"\""}) {
    EXPECT_THAT(told(std::string("prompt = ") + quoted + "\n"), HasSubstr("write \\\\( for"));
  }
  for (const char* quoted : {"'a (b'", "'''a (b'''"}) {
    EXPECT_THAT(told(std::string("prompt = ") + quoted + "\n"), HasSubstr("write \\( for"));
  }
  const std::string shot = "[[shot]]\nimage = \"labrador.png\"\n";
  EXPECT_THAT(told_of(shot, {"prompt=a (b"}), HasSubstr("write \\( for"));
  EXPECT_THAT(told_of(shot, {"prompt=\"a (b\""}), HasSubstr("write \\\\( for"));
  EXPECT_EQ(told("prompt = \"a \\\\(b\"\n"), "");
}

TEST(OpenBracket, BugAPrefixWasBlamedOnEachPrompt) {
  const std::string text = told_of(
      "[models.tiny]\ncheckpoint = \"sd15\"\nprompt_prefix = '(masterpiece'\nprompt_suffix = 'best'\n"
      "[[grid]]\nimage = \"odd\"\naxes.prompt = [\"a dog\", \"a cat\"]\n");
  EXPECT_EQ(
      text,
      "job.toml:7:17: warning: prompt_prefix: the bracket of \"(masterpiece\" is not closed, so that it "
      "reaches to the end: close it, or write \\( for one that is text\n");
  const std::string suffix = told_of(
      "[models.tiny]\ncheckpoint = \"sd15\"\nprompt_suffix = '[best, 4k'\n"
      "[[grid]]\nimage = \"odd\"\naxes.prompt = [\"a dog\", \"a cat\"]\n");
  EXPECT_EQ(lines_in(suffix), 1);
  EXPECT_THAT(suffix, HasSubstr("job.toml:7:17: warning: prompt_suffix: the bracket of \"[best, 4k\""));
}

TEST(OpenBracket, APrefixMayBeClosedByTheSuffix) {
  EXPECT_EQ(told_of("[models.tiny]\ncheckpoint = \"sd15\"\nprompt_prefix = '('\nprompt_suffix = ':1.2)'\n"
                    "[[shot]]\nimage = \"odd\"\nprompt = \"a dog\"\n"),
            "");
}

TEST(OpenBracket, IsToldWhereItStandsInPicturesTravelsAndPrompts) {
  EXPECT_THAT(told_of("[images.d]\npath = \"odd.png\"\nprompt = 'a (dog'\n"
                      "[[shot]]\nimage = \"d\"\nprompt = \"runs\"\n"),
              HasSubstr("job.toml:7:10: warning: prompt: the bracket of \"(dog\""));
  EXPECT_THAT(told("prompt.head = 'a (dog'\nprompt.0 = 'runs'\nprompt.8 = 'sits'\n"),
              HasSubstr("job.toml:7:15: warning: prompt.head: the bracket of \"(dog\""));
  EXPECT_THAT(told("prompt.0 = 'runs'\nprompt.8 = 'sits (down'\n"),
              HasSubstr("job.toml:8:12: warning: prompt.8: the bracket of \"(down\""));
  EXPECT_THAT(told("prompt.0 = '@p'\nprompt.8 = 'sits'\n[prompts.p]\ntext = 'a (dog'\n"),
              HasSubstr("job.toml:10:8: warning: prompts.p: the bracket of \"(dog\""));
}

TEST(OpenBracket, BugAWildcardFileGaveAWarningALineAndWasNotNamed) {
  const std::string drawn =
      told_of("[[grid]]\nimage = \"odd\"\nprompt = \"a dog, __mood__ face\"\naxes.seed = \"1-40\"\n");
  EXPECT_EQ(lines_in(drawn), 1) << drawn;
  EXPECT_THAT(drawn, HasSubstr("job.toml:7:10: warning: prompt: the bracket of \""));
  EXPECT_THAT(drawn, HasSubstr("\" in /jobs/wildcards/mood.txt:"));
  EXPECT_EQ(told_of("[[grid]]\nexpand = \"all\"\nimage = \"odd\"\nprompt = \"a dog, __one__\"\n"),
            "job.toml:8:10: warning: prompt: the bracket of \"(smile\" in /jobs/wildcards/one.txt:2 is not "
            "closed, so that it reaches to the end: close it, or write \\( for one that is text\n");
}

TEST(OpenBracket, IsNotOfAWildcardIfThePromptHasItItself) {
  const std::string text =
      told_of("[[grid]]\nimage = \"odd\"\naxes.prompt = [\"(smile\", \"a {x|__one__}\"]\nexpand = \"all\"\n");
  EXPECT_THAT(text, HasSubstr("job.toml:7:16: warning: prompt: the bracket of \"(smile\" is not closed"));
  EXPECT_THAT(text, HasSubstr("in /jobs/wildcards/one.txt:2 is not closed"));
  EXPECT_EQ(lines_in(text), 2) << text;
  EXPECT_THAT(told("prompt = \"a (dog {x|y} __one__\"\n"), HasSubstr("the bracket of \"(dog "));
}

}  // namespace
}  // namespace pia::tests
