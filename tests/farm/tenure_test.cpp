// SPDX-License-Identifier: Apache-2.0
#include "farm/tenure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/core/error.hpp"
#include "tests/support/bmp.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Ear : Watcher {
  void notice(const std::string& sentence) override { heard += sentence + "\n"; }
  std::string heard;
};

TEST(Tenure, BugADamagedLeaseReadAsProcess0OnNoHost) {
  const tests::TempFolder folder;
  const auto files = storage::make_posix_file_ops();
  files->make_folders(folder / "lease");
  tests::write_file(folder / "lease/0000000001", "half a lea");
  Ear ear;
  const Claimant impatient{.job = {}, .stop_asked = [] { return true; }};
  EXPECT_THROW(Tenure(*files, folder.path(), impatient, ear), jobs::Error);
  EXPECT_THAT(ear.heard, HasSubstr("the lease of " + folder.path() + " is damaged"));
  EXPECT_THAT(ear.heard, HasSubstr("it is taken over after 60 s without a sign of life"));
  EXPECT_THAT(ear.heard, Not(HasSubstr("process 0")));
}

}  // namespace
}  // namespace pia::farm
