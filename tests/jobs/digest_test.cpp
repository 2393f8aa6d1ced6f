// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/digest.hpp"

#include <gtest/gtest.h>

namespace pia::jobs {
namespace {

TEST(Digest, IsSha256) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, OfAStreamIsThatOfTheWhole) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span("a", 1)));
  hash.update(std::as_bytes(std::span("bc", 2)));
  EXPECT_EQ(hash.finish(), sha256("abc"));
}

TEST(Digest, ReadsBackFromHex) {
  const Digest digest = sha256("pia");
  EXPECT_EQ(digest_from_hex(to_hex(digest)), digest);
}

TEST(Digest, RefusesWhatIsNot64HexDigits) {
  EXPECT_FALSE(digest_from_hex(""));
  EXPECT_FALSE(digest_from_hex(std::string(63, 'a')));
  EXPECT_FALSE(digest_from_hex(std::string(65, 'a')));
  EXPECT_FALSE(digest_from_hex(std::string(63, 'a') + "g"));
}

}  // namespace
}  // namespace pia::jobs
