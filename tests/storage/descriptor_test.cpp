// SPDX-License-Identifier: Apache-2.0
#include "storage/descriptor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace pia::storage {
namespace {

bool is_open(int number) {
  return fcntl(number, F_GETFD) >= 0;
}

Descriptor open_null() {
  return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

TEST(Descriptor, ClosesItsFileAtTheEnd) {
  int number = -1;
  {
    const Descriptor file = open_null();
    number = file.number();
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Descriptor, BugAnAssignmentLeftTheOldFileOpenInItsSource) {
  Descriptor first = open_null();
  Descriptor second = open_null();
  const int old = first.number();
  const int taken = second.number();
  first = std::move(second);
  EXPECT_FALSE(is_open(old));
  EXPECT_EQ(first.number(), taken);
  EXPECT_TRUE(is_open(taken));
  first = Descriptor();
  EXPECT_FALSE(is_open(taken));
}

TEST(Descriptor, AssignedToItselfKeepsItsFile) {
  Descriptor file = open_null();
  Descriptor& same = file;
  file = std::move(same);
  EXPECT_TRUE(is_open(file.number()));
}

}  // namespace
}  // namespace pia::storage
