// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/words.hpp"

#include <gtest/gtest.h>

namespace pia::jobs {
namespace {

template <class Enum>
void expect_round_trip() {
  for (const std::string_view word : words<Enum>()) {
    const auto value = from_word<Enum>(word);
    ASSERT_TRUE(value.has_value()) << word;
    EXPECT_EQ(to_word(*value), word);
  }
  EXPECT_FALSE(from_word<Enum>("nonsense"));
}

TEST(Words, EachReadsBack) {
  expect_round_trip<Reference>();
  expect_round_trip<Mode>();
  expect_round_trip<Magnitude>();
  expect_round_trip<Sampler>();
  expect_round_trip<Dtype>();
  expect_round_trip<Resize>();
  expect_round_trip<KeepLatents>();
  expect_round_trip<VideoFormat>();
  expect_round_trip<Blending>();
  expect_round_trip<WindowSchedule>();
}

}  // namespace
}  // namespace pia::jobs
