// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/attention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "dsl/internal/foreign_syntax.hpp"
#include "dsl/plan_json.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using namespace dsl::internal;
using testing::HasSubstr;
using testing::Not;

std::string parsed(const std::string& text) {
  std::string out;
  for (const WeightedText& piece : parse_attention(text)) {
    char weight[32];
    std::snprintf(weight, sizeof weight, "%.17g", piece.weight);
    out += piece.is_break ? "|BREAK" : "|" + piece.text + "=" + weight;
  }
  return out;
}

std::string w(double weight) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", weight);
  return text;
}

// The examples in the docstring of AUTOMATIC1111's parse_prompt_attention.
TEST(Attention, IsReadAsAutomatic1111Does) {
  EXPECT_EQ(parsed("normal text"), "|normal text=1");
  EXPECT_EQ(parsed("an (important) word"), "|an =1|important=" + w(1.1) + "| word=1");
  EXPECT_EQ(parsed("(unbalanced"), "|unbalanced=" + w(1.1));
  EXPECT_EQ(parsed("\\(literal\\]"), "|(literal]=1");
  EXPECT_EQ(parsed("(unnecessary)(parens)"), "|unnecessaryparens=" + w(1.1));
  EXPECT_EQ(parsed("a (((house:1.3)) [on] a (hill:0.5), sun, (((sky)))."),
            "|a =1|house=" + w(1.5730000000000004) + "| =" + w(1.1) + "|on=1| a =" + w(1.1) +
                "|hill=" + w(0.55) + "|, sun, =" + w(1.1) + "|sky=" + w(1.4641000000000006) + "|.=" + w(1.1));
}

TEST(Attention, WhatIsNoMarkIsText) {
  EXPECT_EQ(parsed(""), "|=1");
  EXPECT_EQ(parsed("12:30, a) b] c:d (e:f)"), "|12:30, a) b] c:d =1|e:f=" + w(1.1));
  EXPECT_EQ(parsed("(x:1.2.3)"), "|x:1.2.3=" + w(1.1));
  EXPECT_EQ(parsed("a\\\\b \\n"), "|a\\b n=1");
  EXPECT_EQ(parsed("(a : 1.5 ) ( b :+.5)"), "|a =1.5| =1| b =0.5");
}

TEST(Attention, BreakIsAWordOfItsOwn) {
  EXPECT_EQ(parsed("a BREAK b"), "|a=1|BREAK|b=1");
  EXPECT_EQ(parsed("BREAKFAST, xBREAK"), "|BREAKFAST, xBREAK=1");
  EXPECT_EQ(parsed("(a, BREAK b:2)"), "|a,=2|BREAK|b=2");
}

const dsl::Tokenizer& tokenizer() {
  static const dsl::Tokenizer kTokenizer;
  return kTokenizer;
}

Chunks chunks_of(const std::string& text) {
  return chunked(parse_attention(text), tokenizer());
}

std::string words(int count, const std::string& word = "cat ") {
  std::string text;
  for (int i = 0; i < count; ++i) text += word;
  return text;
}

TEST(Chunks, AShortPromptIsOneAndEqualToThePlainOne) {
  for (const std::string& text : {std::string(), std::string("a golden labrador"), words(75)}) {
    EXPECT_EQ(chunks_of(text).ids, tokenizer().encode_padded(text)) << text;
  }
  EXPECT_EQ(chunks_of(words(76)).ids.size(), 154U);
}

TEST(Chunks, EachTokenHasItsWeight) {
  const Chunks chunks = chunks_of("cat (dog:1.5)");
  EXPECT_EQ(chunks.weights.at(1), 1);
  EXPECT_EQ(chunks.weights.at(2), 1.5);
  EXPECT_EQ(chunks.weights.at(3), 1);
  EXPECT_EQ(chunks.weights.size(), 77U);
}

TEST(Chunks, WhatStandsBehindTheLastCommaMovesToTheNextOne) {
  const Chunks near = chunks_of(words(70) + ", dog dog dog dog dog dog");
  EXPECT_EQ(near.ids.at(71), 267);
  EXPECT_EQ(near.ids.at(72), dsl::kEndOfText);
  EXPECT_EQ(near.ids.at(78), tokenizer().encode("dog").at(0));
  const Chunks far = chunks_of(words(50) + ", " + words(30, "dog "));
  EXPECT_NE(far.ids.at(75), dsl::kEndOfText);
}

TEST(Chunks, ABreakBeginsANewOne) {
  const Chunks chunks = chunks_of("cat BREAK dog");
  EXPECT_EQ(chunks.ids.size(), 154U);
  EXPECT_EQ(chunks.ids.at(2), dsl::kEndOfText);
  EXPECT_EQ(chunks.ids.at(77), dsl::kBeginOfText);
}

dsl::Compiled compile_prompt(const std::string& prompt) {
  return compile_text(with_defaults(
      "[[shot]]\nimage = \"labrador.png\"\nprompt_syntax = \"a1111\"\nprompt = \"" + prompt + "\"\n"));
}

TEST(A1111, WhatNeedsNothingNewIsRenderedAsBefore) {
  const auto compiled = compile_prompt("a dog, \\\\(happy\\\\)");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_TRUE(compiled.plan->shots.at(0).shot.prompt.keyframes.at(0).weights.empty());
  EXPECT_EQ(compile_prompt("a dog").plan->shots.at(0).id,
            compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\nprompt = \"a dog\"\n"))
                .plan->shots[0]
                .id);
}

TEST(A1111, IsTheSyntaxUnlessAnotherIsWritten) {
  const std::string shot = "[[shot]]\nimage = \"labrador.png\"\nprompt = \"a (dog:1.3)\"\n";
  const auto compiled = compile_text(with_defaults(shot));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).shot.prompt.keyframes.at(0).weights.at(2), 1.3);
  EXPECT_EQ(compiled.plan->shots.at(0).id, compile_prompt("a (dog:1.3)").plan->shots.at(0).id);
  EXPECT_EQ(dsl::plan_from_json(dsl::plan_to_json(*compiled.plan)), *compiled.plan);
  const auto plain = compile_text(with_defaults(shot + "prompt_syntax = \"plain\"\n"));
  EXPECT_TRUE(plain.plan->shots.at(0).shot.prompt.keyframes.at(0).weights.empty());
}

TEST(A1111, LeavesTheBuiltInNegativePromptPlain) {
  const auto compiled = compile_prompt("a dog");
  EXPECT_EQ(said(compiled), "");
  EXPECT_EQ(compiled.plan->shots.at(0).shot.negative_prompt.keyframes.at(0).ids.size(), 77U);
}

TEST(A1111, ALongPromptMakesTheNegativeOneAsLongWithChunksOfNothing) {
  const auto compiled = compile_prompt(words(80));
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  const jobs::Shot& shot = compiled.plan->shots.at(0).shot;
  EXPECT_EQ(shot.prompt.keyframes.at(0).ids.size(), 154U);
  const auto& negative = shot.negative_prompt.keyframes.at(0).ids;
  ASSERT_EQ(negative.size(), 154U);
  EXPECT_EQ(negative.at(77), dsl::kBeginOfText);
  EXPECT_TRUE(
      std::all_of(negative.begin() + 78, negative.end(), [](auto id) { return id == dsl::kEndOfText; }));
}

TEST(A1111, WithoutGuidanceTheNegativePromptChangesNoLength) {
  const auto compiled = compile_text(
      with_defaults("[[shot]]\nimage = \"labrador.png\"\nguidance_scale = 1\nprompt = \"a dog\"\n"
                    "negative_prompt = \"x BREAK y\"\n"));
  EXPECT_EQ(compiled.plan->shots.at(0).shot.prompt.keyframes.at(0).ids.size(), 77U);
}

TEST(A1111, LorasInThePromptAreRefusedByName) {
  EXPECT_THAT(said(compile_prompt("x <lora:genshin:0.8>")), HasSubstr("LoRA \"genshin\" is not there"));
}

// tests/reference/make_prompts.py: another tokenizer, other code for the chunks.
TEST(A1111, ReadsPromptsAsTheReferenceDoes) {
  std::ifstream file(PIA_GOLDEN "/prompts.json");
  for (const auto& one : nlohmann::json::parse(file)) {
    const Chunks chunks = chunked(parse_attention(one["text"].get<std::string>()), tokenizer());
    EXPECT_EQ(chunks.ids, one["ids"].get<std::vector<std::int32_t>>()) << one["text"];
    const auto weights = one["weights"].get<std::vector<double>>();
    ASSERT_EQ(chunks.weights.size(), weights.size()) << one["text"];
    for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(chunks.weights[i], weights[i], 1e-12);
  }
}

TEST(A1111, HostileBracketsEndInTime) {
  for (const std::string& text :
       {words(30000, "("), words(16000, "a("), words(16000, "[a"), words(30000, "\\")}) {
    EXPECT_FALSE(parse_attention(text).empty());
  }
}

TEST(A1111, BugThousandsOfBracketsWeighedInfinitely) {
  for (const auto& piece : parse_attention(words(16000, "(") + "a")) EXPECT_LE(piece.weight, 1e6);
}

// What stays of a prompt, and what does not.
std::string left(const std::string& prompt) {
  const WithoutForeign read = without_foreign(prompt);
  std::string text = read.text;
  for (const ForeignPiece& piece : read.pieces) text += " / " + piece.text;
  return text;
}

// As AUTOMATIC1111's grammar has it (modules/prompt_parser.py).
TEST(ForeignSyntax, OfAnEditingTheLastTextStays) {
  EXPECT_EQ(left("a [cat:dog:0.5] runs"), "a dog runs / [cat:dog:0.5]");
  EXPECT_EQ(left("[dog:10]"), "dog / [dog:10]");
  EXPECT_EQ(left("[cat::0.5]"), "cat / [cat::0.5]");
  EXPECT_EQ(left("[(cat:1.2):dog: .5 ]"), "dog / [(cat:1.2):dog: .5 ]");
  EXPECT_EQ(left("[a:[b:c:0.2]:0.5]"), "c / [a:[b:c:0.2]:0.5]");
}

TEST(ForeignSyntax, OfAnAlternationAllTextsStay) {
  EXPECT_EQ(left("[cat|dog], big"), "cat, dog, big / [cat|dog]");
  EXPECT_EQ(left("[cat|(dog:1.2)|]"), "cat, (dog:1.2) / [cat|(dog:1.2)|]");
}

TEST(ForeignSyntax, AndIsAComma) {
  EXPECT_EQ(left("a cat :1.2 AND a dog : 0.8"), "a cat, a dog / AND");
  EXPECT_EQ(left(" AND (a:1.2) AND b"), "(a:1.2), b / AND / AND");
  EXPECT_EQ(left("SAND AND_ ÄAND and"), "SAND AND_ ÄAND and");
}

TEST(ForeignSyntax, OtherNetworksThanLorasAreLeftOut) {
  EXPECT_EQ(left("a, <hypernet:x:1>, b <lyco:y>"), "a, b  / <hypernet:x:1> / <lyco:y>");
  EXPECT_EQ(left("<lora:x:0.8> <3 <: > <a:>"), "<lora:x:0.8> <3 <: > <a:>");
}

TEST(ForeignSyntax, WeightsAndWhatIsEscapedStayAsTheyAre) {
  for (const char* prompt : {"[soft], (x:1.3), [[x]]", "\\[a:b:0.5\\]", "[a:b:c]", "[a:b:nan]", "[a:b:c:0.5]",
                             "a: b | c", "(a:b:0.5)", "[a:b:0.5", "a:b:0.5]", "[(a|b)]", "[a:)0.5]", ""}) {
    EXPECT_EQ(left(prompt), prompt);
  }
}

TEST(ForeignSyntax, HostilePromptsEndSoon) {
  for (const std::string& piece :
       {std::string("["), std::string("[a|"), std::string("[a:1]"), std::string("<a:"), std::string(" AND "),
        std::string("("), std::string("])"), std::string("[:")}) {
    std::string prompt;
    while (prompt.size() < (1U << 18U)) prompt += piece;
    without_foreign(prompt);
    without_foreign(prompt + std::string(60, ']'));
  }
}

TEST(ForeignSyntax, IsWarnedOfWhereItIsReadAsText) {
  const auto warned = [](const std::string& keys) {
    return said(compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\n" + keys)));
  };
  EXPECT_EQ(
      warned("prompt = \"a [cat:dog:0.5]\"\n"),
      "job.toml:7:10: warning: prompt: \"[cat:dog:0.5]\" is a change in the middle of the steps in "
      "AUTOMATIC1111; here all of it is text: write \"dog\", or let the prompt travel over the frames\n");
  EXPECT_EQ(warned("negative_prompt = \"[a|b]\"\n"),
            "job.toml:7:19: warning: negative_prompt: \"[a|b]\" is a change from step to step in "
            "AUTOMATIC1111; here all of it is text: write \"a, b\"\n");
  EXPECT_THAT(warned("prompt = \"cat AND dog\"\n"), HasSubstr("prompt: AND adds the answers to two prompts"));
  EXPECT_THAT(warned("prompt = \"<hypernet:x:1>\"\n"), HasSubstr("there is only <lora:NAME:0.8>"));
  EXPECT_EQ(warned("prompt_syntax = \"plain\"\nprompt = \"[a|b] AND c\"\n"), "");
  EXPECT_EQ(warned("prompt = \"(a:1.2), [b], {c|d}\"\n"), "");
}

TEST(ForeignSyntax, SamplersOfOtherProgramsAreHinted) {
  const auto hinted = [](const std::string& name) {
    return said(
        compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\nsampler = \"" + name + "\"\n")));
  };
  EXPECT_THAT(hinted("dpm++ 2m karras"), HasSubstr("did you mean \"dpmpp_2m\"?"));
  EXPECT_THAT(hinted("DPM++ 2M Karas"), HasSubstr("did you mean \"dpmpp_2m\"?"));
  EXPECT_THAT(hinted("EULER A"), HasSubstr("did you mean \"euler_a\"?"));
  EXPECT_THAT(hinted("k-euler-ancestral"), HasSubstr("did you mean \"euler_a\"?"));
  EXPECT_THAT(hinted("Restart"), Not(HasSubstr("did you mean")));
}

}  // namespace
}  // namespace pia::tests
