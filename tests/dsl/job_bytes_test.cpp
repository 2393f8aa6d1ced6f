// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/dsl/job_text.hpp"
#include "tests/support/scale.hpp"

namespace pia::tests {
namespace {

std::string repeated(const std::string& text, std::size_t bytes) {
  std::string all;
  while (all.size() + text.size() <= bytes) all += text;
  return all;
}

TEST(JobBytes, BytesThatAreNotUtf8AreFound) {
  EXPECT_EQ(said(compile_text("format = 1\n# größe \xff\n")),
            "job.toml:2:9: error: this byte is not UTF-8; save the file as UTF-8\n");
  EXPECT_EQ(said(compile_text("\xff\xfe"
                              "f\0o\0")),
            "job.toml:1:1: error: this byte is not UTF-8; save the file as UTF-8\n");
}

TEST(JobBytes, AnEscapeThatIsNoCharacterIsRefused) {
  for (const char* escape : {"\\uD800", "\\uDFFF", "\\U00110000", "\\UFFFFFFFF"}) {
    const auto compiled = compile_text(
        with_defaults("[[shot]]\nimage = \"labrador.png\"\nprompt = \"" + std::string(escape) + "\"\n"));
    EXPECT_FALSE(compiled.plan.has_value()) << escape;
  }
}

TEST(JobBytes, AZeroByteIsFound) {
  EXPECT_EQ(said(compile_text(std::string("format = 1\nx\0 = 2", 16))),
            "job.toml:2:2: error: this is a zero byte; the file is damaged or is not a text\n");
}

TEST(JobBytes, TenMegabytesAreRefused) {
  EXPECT_EQ(
      said(compile_text(std::string(10 << 20, ' '))),
      "job.toml:1:1: error: this file is larger than 1 MiB, which no job file is; is it the right one?\n");
}

TEST(JobBytes, ABomAndCrLfChangeNoPlanAndNoPlace) {
  const std::string text = with_defaults("[[shot]]\nimage = \"labrador.png\"\nprompt = \"a dog\"\n");
  std::string windows = "\xEF\xBB\xBF";
  for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto compiled = compile_text(windows);
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(*compiled.plan, *compile_text(text).plan);
  EXPECT_EQ(said(compile_text("\xEF\xBB\xBF"
                              "format = 2\r\nstepz = 1\r\n")),
            said(compile_text("format = 2\nstepz = 1\n")));
}

TEST(JobBytes, NamesWithSpacesAndOfAnyScriptAreNames) {
  MapCatalog catalog = job_files();
  catalog.image("/jobs/mes images/été à la mer.png", {64, 64})
      .image("/jobs/mes images/雷電 将軍.png", {64, 64});
  const auto compile = [&](const std::string& image) {
    return dsl::compile({.path = "/jobs/ma nuit.toml",
                         .text = with_defaults("[[grid]]\naxes.image = [\"" + image + "\"]\n"),
                         .working_directory = "/jobs",
                         .sets = {},
                         .out = ""},
                        {}, catalog, {});
  };
  const auto both = compile("mes images/*");
  ASSERT_TRUE(both.plan.has_value()) << said(both);
  ASSERT_EQ(both.plan->shots.size(), 2U);
  EXPECT_EQ(both.plan->job_name, "ma-nuit");
  EXPECT_EQ(both.plan->shots[1].name, "雷電-将軍-tiny-small");
  EXPECT_NE(said(compile("mes images/ete a la mer")).find("ma nuit.toml:6:15: error: image"),
            std::string::npos);
  EXPECT_NE(said(compile("mes images/Été à la mer.PNG")).find("did you mean"), std::string::npos);
}

TEST(JobBytes, AHundredThousandPicturesAreCountedAndNoneIsRead) {
  MapCatalog catalog = job_files();
  for (int i = 0; i < 100000; ++i)
    catalog.broken_image("/jobs/many/" + std::to_string(i) + ".png", "was read");
  const auto compile = [&](const std::string& keys) {
    return said(dsl::compile({.path = "/jobs/job.toml",
                              .text = with_defaults("[[grid]]\naxes.image = \"many/*.png\"\n" + keys),
                              .working_directory = "/jobs",
                              .sets = {},
                              .out = ""},
                             {}, catalog, {}));
  };
  EXPECT_EQ(
      compile(""),
      "job.toml:5:1: error: grid \"grid-1\" has 100000 combinations, more than its limit of 5000; shorten "
      "its axes, raise limit or write sample\n");
  EXPECT_EQ(compile("sample = 1\n"), "job.toml:6:14: error: was read\n");
}

TEST(JobBytes, APathThatIsNotUtf8IsRefused) {
  const dsl::JobSource source{
      .path = "/jo\xe9/job.toml", .text = with_defaults(""), .working_directory = "/", .sets = {}, .out = ""};
  const auto compiled = dsl::compile(source, {}, job_files(), {});
  EXPECT_FALSE(compiled.plan.has_value());
  ASSERT_EQ(compiled.diagnostics.size(), 1U);
  EXPECT_EQ(compiled.diagnostics[0].line, 0);
}

TEST(JobBytes, AMegabyteOfAnythingIsRefusedInTime) {
  const std::size_t most = (std::size_t{1} << 20U) / kPart - 200;
  const std::string shot = with_defaults("[[shot]]\nimage = \"labrador.png\"\n");
  for (const std::string& text : {
           "a = " + repeated("[", most),
           "a = " + repeated("{a=", most),
           repeated("a.", most) + "a = 1",
           "[" + repeated("a.", most) + "a]",
           repeated("'a'.", most) + "a = 1",
           "x = { y = \"\"\"a\"\"\"\", " + repeated("a.", most) + "a = 1 }",
           "x = { y = '''a''''', " + repeated("a.", most) + "a = 1 }",
           repeated("[[shot]]\n", most),
           repeated("[[grid]]\n", most),
           repeated("[a]\n", most),
           "\"" + repeated("\\u0000", most),
           "seed = " + repeated("9", most),
           shot + repeated("\n", most - shot.size()) + "x = 1",
           shot + "prompt = [" + repeated("1,", most - shot.size()) + "]",
           shot + "mode = \"" + repeated("x", most - shot.size()) + "\"",
           shot + repeated("x", most - shot.size()) + " = 1",
       }) {
    EXPECT_FALSE(compile_text(text).plan.has_value()) << text.substr(0, 80);
  }
}

TEST(JobBytes, AMegabyteOfLiteralPromptIsAPromptAndIsRefusedInChunks) {
  const std::string image = with_defaults("[[shot]]\nimage = \"labrador.png\"\n");
  const std::string shot = image + "prompt_syntax = \"plain\"\nprompt = \"";
  for (const char* piece : {"a", "(", "a\u0323\u0302", "__", "Σ."}) {
    const auto compiled = compile_text(shot + repeated(piece, 1'000'000 / kPart) + "\"\n");
    EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  }
  EXPECT_EQ(said(compile_text(image + "prompt = \"" + repeated("(a", 1'000'000) + "\"\n")),
            "job.toml:7:10: error: prompt is longer than 64 KiB; make it shorter\n");
}

TEST(JobBytes, NestingIsLimitedWhereverItIsWritten) {
  const std::string deep = repeated("a.", 60) + "a";
  for (const std::string& text : {deep + " = 1", "[" + deep + "]", "[[" + deep + "]]",
                                  "x = { " + deep + " = 1 }", "\"q\"." + deep + " = 1"}) {
    EXPECT_NE(said(compile_text(text)).find("more than 16 parts"), std::string::npos) << text;
  }
}

TEST(JobBytes, TheDeepestNestingThatIsReadIsHarmless) {
  const auto nested = [](int brackets) {
    std::string text = "x = ";
    for (int i = 0; i < brackets; ++i) text += "{ " + repeated("a.", 30) + "a = ";
    return "format = 1\n[[shot]]\n" + text + "1";
  };
  const std::string deepest = nested(16) + repeated(" }", 32);
  EXPECT_NE(said(compile_text(deepest)).find("unknown key \"x\" in [[shot]]"), std::string::npos);
  EXPECT_EQ(said(compile_text(nested(17) + repeated(" }", 34))),
            "job.toml:3:581: error: more than 16 brackets are open here; is one not closed?\n");
  EXPECT_NE(said(compile_text("a = " + repeated("[", 17))).find("more than 16 brackets"), std::string::npos);
}

TEST(JobBytes, BracketsThatAreClosedAreNoNesting) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "[[1.0], [0.5]], ";
  EXPECT_EQ(said(compile_text("a = [" + text + "]\n")).find("brackets"), std::string::npos);
}

TEST(JobBytes, DotsInStringsCommentsAndNumbersAreNoNesting) {
  const std::string dots = repeated(".", 200);
  const auto compiled = compile_text(with_defaults(
      "[[shot]] # " + dots + "\nimage = \"labrador.png\"\nprompt = \"" + dots + "\"\naffinity = [" +
      repeated("0.5,", 400) + "]\nnegative_prompt = '''\n" + dots + "''''\n"));
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
}

}  // namespace
}  // namespace pia::tests
