// SPDX-License-Identifier: Apache-2.0
#include "storage/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pia::storage {
namespace {

TEST(Crc32c, IsThatOfRfc3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(Crc32c, OfNothingIsZero) {
  EXPECT_EQ(crc32c(""), 0U);
}

}  // namespace
}  // namespace pia::storage
