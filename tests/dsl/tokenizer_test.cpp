// SPDX-License-Identifier: Apache-2.0
#include "dsl/tokenizer.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/scale.hpp"

namespace pia::dsl {
namespace {

using Ids = std::vector<std::int32_t>;

const Tokenizer& tokenizer() {
  static const Tokenizer kTokenizer;
  return kTokenizer;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Tokenizer, GivesTheIdsOfTransformersSlowTokenizer) {
  std::ifstream file(PIA_GOLDEN "/tokenizer.json");
  int compared = 0;
  for (const auto& entry : nlohmann::json::parse(file)) {
    Ids expected = entry[1].get<Ids>();
    expected.resize(kTextPositions, kEndOfText);
    EXPECT_EQ(tokenizer().encode_padded(entry[0].get<std::string>()), expected) << entry[0];
    ++compared;
  }
  EXPECT_GE(compared, 600);
}

TEST(Tokenizer, GivesTheIdsWrittenDownForPia) {
  EXPECT_EQ(tokenizer().encode("lightning, lighthouse"), (Ids{7756, 267, 13717}));
  EXPECT_EQ(tokenizer().encode("1boy playing magic fire"), (Ids{272, 1876, 1629, 3778, 1769}));
  EXPECT_EQ(tokenizer().encode("it's a cat's 4k photo, 1990!!"),
            (Ids{585, 568, 320, 2368, 568, 275, 330, 1125, 267, 272, 280, 280, 271, 748}));
}

TEST(Tokenizer, NothingIsBeginAndEnds) {
  Ids expected(kTextPositions, kEndOfText);
  expected.front() = kBeginOfText;
  for (const std::string& text :
       {std::string(), std::string(" \t\r\n"), std::string("\0\0", 2), std::string("\xff\xfe")}) {
    EXPECT_EQ(tokenizer().encode_padded(text), expected);
    EXPECT_EQ(tokenizer().encode(text), Ids{});
  }
}

TEST(Tokenizer, TheSeventySixthTokenIsCutAndTheEndStays) {
  const Ids ids = tokenizer().encode_padded(repeated("cat ", 76));
  EXPECT_EQ(ids.size(), 77U);
  EXPECT_EQ(ids[75], tokenizer().encode("cat").front());
  EXPECT_EQ(ids[76], kEndOfText);
  EXPECT_EQ(tokenizer().encode(repeated("cat ", 76)).size(), 76U);
}

TEST(Tokenizer, BytesThatAreNotUtf8AreDroppedAsTheReplacementCharacterIs) {
  for (const char* text : {"a\xff"
                           "cat",
                           "a\xc3"
                           "cat",
                           "a\xed\xa0\x80"
                           "cat",
                           "a\xc0\x80"
                           "cat",
                           "a\xf4\x90\x80\x80"
                           "cat"}) {
    EXPECT_EQ(tokenizer().encode(text), tokenizer().encode("acat"));
  }
}

TEST(Tokenizer, SpecialWordsAreTakenAsTheOriginalTakesThem) {
  EXPECT_EQ(tokenizer().encode("<|endoftext|><|startoftext|>"), (Ids{kEndOfText, kBeginOfText}));
  EXPECT_EQ(tokenizer().encode("<|EndOfText|>"), Ids{kEndOfText});
  EXPECT_NE(tokenizer().encode("<|endoftext |>"), Ids{kEndOfText});
}

TEST(Tokenizer, SigmaIsFinalOnlyAtTheEndOfAWord) {
  EXPECT_EQ(tokenizer().encode("ΣΊΣΥΦΟΣ"), tokenizer().encode("σίσυφος"));
  EXPECT_EQ(tokenizer().encode("ΑΣ' ΑΣ'Α Σ"), tokenizer().encode("ας' ασ'α σ"));
}

TEST(Tokenizer, MarksInAnyOrderComposeAlike) {
  EXPECT_EQ(tokenizer().encode("a\u0323\u0302"), tokenizer().encode("\u1ead"));
  EXPECT_EQ(tokenizer().encode("a\u0302\u0323"), tokenizer().encode("\u1ead"));
}

TEST(Tokenizer, AMillionBytesOfAnythingEnd) {
  constexpr int kMany = (1 << 20) / tests::kPart;
  EXPECT_FALSE(tokenizer().encode(repeated("a", kMany)).empty());
  EXPECT_FALSE(tokenizer().encode(repeated("ab", kMany / 2)).empty());
  EXPECT_FALSE(tokenizer().encode(repeated("'", kMany)).empty());
  EXPECT_FALSE(tokenizer().encode("a" + repeated("\u0323\u0302", kMany / 4)).empty());
  EXPECT_FALSE(tokenizer().encode(repeated("\u03a3.", kMany / 4)).empty());
  EXPECT_FALSE(tokenizer().encode("<|startoftext|" + repeated("<|endoftext|>", kMany / 16)).empty());
}

}  // namespace
}  // namespace pia::dsl
