// SPDX-License-Identifier: Apache-2.0
#include "farm/run_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pia::farm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

jobs::Site site_with(int threads) {
  jobs::Site site;
  site.threads = threads;
  return site;
}

TEST(Threads, AreAtTheFirstStartThoseOfTheSiteElseTheCoresOfAWorker) {
  EXPECT_EQ(threads_a_worker({}, site_with(3), 8).a_worker, 3);
  EXPECT_EQ(threads_a_worker({}, site_with(0), 8).a_worker, 8);
  EXPECT_EQ(threads_a_worker({}, site_with(0), 0).a_worker, 1) << "more workers than cores";
  EXPECT_THAT(threads_a_worker({}, site_with(3), 8).notice, IsEmpty());
}

TEST(Threads, AreThoseOfTheFirstStartEverAfter) {
  const RunHistory history{.threads = 2};
  EXPECT_EQ(threads_a_worker(history, site_with(3), 8).a_worker, 2);
  EXPECT_EQ(threads_a_worker(history, site_with(0), 8).a_worker, 2);
}

TEST(Threads, BugTheFirstStartOverruledTheSiteWithoutAWord) {
  const RunHistory history{.threads = 2};
  const std::string notice = threads_a_worker(history, site_with(3), 8).notice;
  EXPECT_THAT(notice, HasSubstr("a worker has 2 CPU threads here, not 3: "));
  EXPECT_THAT(notice, HasSubstr("the same bytes"));
  EXPECT_THAT(notice, HasSubstr("--out"));
  EXPECT_THAT(threads_a_worker(history, site_with(2), 8).notice, IsEmpty());
  EXPECT_THAT(threads_a_worker(history, site_with(0), 2).notice, IsEmpty());
}

}  // namespace
}  // namespace pia::farm
