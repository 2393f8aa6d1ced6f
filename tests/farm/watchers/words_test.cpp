// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/words.hpp"
#include "jobs/core/shell.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pia::farm {
namespace {

TEST(Words, DurationsHaveTwoFigures) {
  EXPECT_EQ(duration_words(0.42), "0.4 s");
  EXPECT_EQ(duration_words(59.4), "59 s");
  EXPECT_EQ(duration_words(59.6), "1 min 00 s");
  EXPECT_EQ(duration_words(200), "3 min 20 s");
  EXPECT_EQ(duration_words(7500), "2 h 05 min");
  EXPECT_EQ(duration_words(3 * 86400 + 4 * 3600), "3 days 4 h");
}

TEST(Words, ADurationThatMakesNoSenseIsZero) {
  EXPECT_EQ(duration_words(-3), "0.0 s");
  EXPECT_EQ(duration_words(std::numeric_limits<double>::quiet_NaN()), "0.0 s");
  EXPECT_EQ(duration_words(std::numeric_limits<double>::infinity()), "0.0 s");
}

TEST(Words, SizesAreDecimal) {
  EXPECT_EQ(size_words(999), "999 bytes");
  EXPECT_EQ(size_words(4.1e6), "4.1 MB");
  EXPECT_EQ(size_words(999.9e6), "1.0 GB");
}

TEST(Words, WideAndCombiningCharactersAreCountedAsTerminalsShowThem) {
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("\xE7\x8A\xAC"), 2U);      // a CJK ideograph
  EXPECT_EQ(columns_of("e\xCC\x81"), 1U);         // e and a combining accent
  EXPECT_EQ(columns_of("\xF0\x9F\x90\x95"), 2U);  // an emoji
  EXPECT_EQ(columns_of("\xFF\xFE"), 2U);          // no UTF-8
}

TEST(Words, BugEmojiOfOlderBlocksCountedAsOneColumn) {
  EXPECT_EQ(columns_of("\u26A1"), 2U);      // high voltage
  EXPECT_EQ(columns_of("\u231A"), 2U);      // watch
  EXPECT_EQ(columns_of("\u2B55"), 2U);      // large circle
  EXPECT_EQ(columns_of("\U0001F004"), 2U);  // mahjong tile
  EXPECT_EQ(columns_of("\u2603"), 1U);      // snowman: text
  EXPECT_EQ(columns_of("\U0001FAF8"), 2U);  // of Unicode 15
  EXPECT_EQ(columns_of("\U0001FAE9"), 2U);  // of Unicode 16, which the library may not know
  EXPECT_EQ(columns_of(padded("\u26A1\u26A1\u26A1\u26A1\u26A1", 9)), 9U);
}

TEST(Words, ClippingNeverCutsACharacterInTwo) {
  const std::string dogs = "\xE7\x8A\xAC\xE7\x8A\xAC\xE7\x8A\xAC\xE7\x8A\xAC\xE7\x8A\xAC\xE7\x8A\xAC";
  EXPECT_EQ(clipped(dogs, 9), dogs.substr(0, 9) + "..");
  EXPECT_EQ(columns_of(padded(dogs, 9)), 9U);
  EXPECT_EQ(squeezed(dogs, 10), dogs.substr(0, 6) + ".." + dogs.substr(0, 6));
}

TEST(Words, ALongNameKeepsItsBeginningAndItsEnd) {
  EXPECT_EQ(squeezed("labrador-model-small-steps-12", 16), "labrado..teps-12");
  EXPECT_EQ(squeezed("short", 16), "short");
}

TEST(Words, ControlCharactersCannotSteerTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a?[2Jb??");
}

TEST(Words, WhatAShellWouldReadOtherwiseIsQuoted) {
  EXPECT_EQ(jobs::shell_quoted("jobs/a.toml"), "jobs/a.toml");
  EXPECT_EQ(jobs::shell_quoted("my job.toml"), "'my job.toml'");
  EXPECT_EQ(jobs::shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(jobs::shell_quoted(""), "''");
}

TEST(Words, PathsAreShortenedOnlyUnderTheFolder) {
  EXPECT_EQ(shortened_path("/home/me/a/b", "/home/me"), "a/b");
  EXPECT_EQ(shortened_path("/home/men/a", "/home/me"), "/home/men/a");
  EXPECT_EQ(shortened_path("/a", "/"), "a");
}

}  // namespace
}  // namespace pia::farm
