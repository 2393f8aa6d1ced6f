// SPDX-License-Identifier: Apache-2.0
// What users of other programs write from habit, and what they are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;

std::string told(const std::string& keys) {
  return said(compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\n" + keys)));
}

TEST(PeerHabits, BugKeyframesInLinesWereSilentlyText) {
  EXPECT_EQ(
      told("prompt = \"\"\"\n0: spring\n8: summer\n16: winter\n\"\"\"\n"),
      "job.toml:7:10: warning: prompt has keyframes in lines (\"0: spring\"), which are plain text here; "
      "write prompt = { 0 = \"spring\", 8 = \"summer\", 16 = \"winter\" }\n");
  EXPECT_THAT(told("prompt = \"lighthouse,\\n0: a\\n 50% :b\\r\\nmasterpiece\\n4k\"\n"),
              HasSubstr("write prompt = { head = \"lighthouse\", 0 = \"a\", \"50%\" = \"b\", tail = "
                        "\"masterpiece, 4k\" }\n"));
  EXPECT_THAT(told("negative_prompt = '''\n\"0\" :\"fog\",\n\"8\" :\"sun\"'''\n"),
              HasSubstr("write negative_prompt = { 0 = \"fog\", 8 = \"sun\" }\n"));
  EXPECT_THAT(told("prompt = \"0: a\\n1: b\\n2: c\\n3: d\\n4: e\\n5: f\\n6: g\"\n"),
              HasSubstr("5 = \"f\", ... }\n"));
  EXPECT_THAT(told("prompt_syntax = \"plain\"\nprompt = \"0: a\\n8: b\"\n"),
              HasSubstr("0 = \"a\", 8 = \"b\""));
  EXPECT_THAT(told("prompt = \"@p\"\n[prompts.p]\ntext = \"0: a\\n8: b\"\n"),
              HasSubstr("job.toml:9:8: warning: prompts.p has keyframes in lines (\"0: a\"), which are plain "
                        "text here; write prompts.p = { 0 = \"a\", 8 = \"b\" }\n"));
}

TEST(PeerHabits, LinesThatAreNoKeyframesAreText) {
  for (const char* prompt : {"0: spring", "0: spring\\nsummer", "16:9\\n4:3", "a: b\\nc: d", "8:\\n9:",
                             "a\\nb", "\\\"0\\n8: b", "1.5: a\\n2.5: b", "\\n\\n", "8:16x\\n: a"}) {
    EXPECT_EQ(told(std::string("prompt = \"") + prompt + "\"\n"), "") << prompt;
  }
}

TEST(PeerHabits, BugLinesThatDoNotRiseWithinTheClipWereTakenForKeyframes) {
  for (const char* prompt : {"10: a dog\\n10: a cat", "aspect 16:9\\n4: 3 people\\n10:30: morning",
                             "8: a\\n4: b", "0: a\\n17: b", "50%: a\\n8: b", "0:9: a\\n8: b"}) {
    EXPECT_EQ(told(std::string("prompt = \"") + prompt + "\"\n"), "") << prompt;
  }
  EXPECT_THAT(told("frames = 32\nprompt = \"0: a\\n17: b\"\n"), HasSubstr("17 = \"b\""));
  const std::string list = told("prompt = [[10, \"a dog\"], [10, \"a cat\"]]\n");
  EXPECT_EQ(list.find("10 = "), std::string::npos) << list;
  EXPECT_THAT(list, HasSubstr("prompts over time are written"));
}

}  // namespace
}  // namespace pia::tests
