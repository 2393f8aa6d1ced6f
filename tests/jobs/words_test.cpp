// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/core/conversion.hpp"

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
  expect_round_trip<Metric>();
}

TEST(Conversion, CommandsNameTheFileAndWhatItBecomes) {
  EXPECT_THAT(command_for_folder("/m/toon you.v1.ckpt"),
              testing::EndsWith("\" '/m/toon you.v1.ckpt' '/m/toon you.v1'"));
  EXPECT_THAT(command_for_safetensors("/m/it's.pt"),
              testing::EndsWith("\" '/m/it'\\''s.pt' '/m/it'\\''s.safetensors'"));
  EXPECT_THAT(command_for_safetensors("pia.ckpt"), testing::EndsWith("\" pia.ckpt pia.safetensors"));
}

TEST(Conversion, BugTheCommandFailedForFilesThatHoldMoreThanTensors) {
  EXPECT_THAT(
      command_for_safetensors("pia.ckpt"),
      testing::HasSubstr("for k, v in w.items() if hasattr(v, 'contiguous')}, sys.argv[2])\" pia.ckpt"));
}

}  // namespace
}  // namespace pia::jobs
