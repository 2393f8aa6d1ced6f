// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/complaints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pia::dsl::internal {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string said_of(const std::string& sentence) {
  Complaints complaints("job.toml", {});
  complaints.error({}, sentence);
  return complaints.sorted().at(0).sentence;
}

TEST(Complaints, BugALongSentenceWasCutWithoutAMark) {
  const std::string seven_hundred_tensors(std::size_t{700} * 250, 'x');
  EXPECT_EQ(said_of(seven_hundred_tensors), seven_hundred_tensors);
  const std::string said = said_of("begin " + std::string(1'000'000, 'x') + "; do this");
  EXPECT_LT(said.size(), 300'000U);
  EXPECT_THAT(said, AllOf(StartsWith("begin "), HasSubstr("x ... x"), EndsWith("; do this")));
}

TEST(Complaints, BugASentenceWasCutWithinACharacter) {
  // Each of "ä"'s two bytes comes to stand at both cuts, once.
  for (const char* shift : {"", "x"}) {
    std::string umlauts = shift;
    for (int i = 0; i < 200'000; ++i) umlauts += "ä";
    const std::string said = said_of(umlauts);
    const std::size_t mark = said.find(" ... ");
    ASSERT_NE(mark, std::string::npos);
    EXPECT_EQ(said.substr(mark - 2, 9), "ä ... ä");
    EXPECT_EQ(said.substr(said.size() - 2), "ä");
  }
}

}  // namespace
}  // namespace pia::dsl::internal
