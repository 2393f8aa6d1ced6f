// SPDX-License-Identifier: Apache-2.0
#include "farm/unproven_results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/shot_builder.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A run directory whose disk goes away and comes back.
class UnprovenResult : public testing::Test {
 protected:
  /// A name that leads to itself: whoever looks gets ELOOP, and not that nothing is there.
  void goes_away() const {
    if (fs::exists(shots_)) fs::rename(shots_, folder_ / "unplugged");
    fs::create_symlink(shots_, shots_);
  }
  void comes_back() const {
    fs::remove(shots_);
    if (fs::exists(folder_ / "unplugged")) fs::rename(folder_ / "unplugged", shots_);
  }

  /// Eight bytes in the store, and what a renderer says of them.
  ShotCommitted committed(std::uint64_t seed, std::uint64_t size = 8) const {
    const jobs::ShotId id = tests::ShotBuilder{}.seed(seed).planned().id;
    tests::write_file(store_.path(id), "a result");
    return {.shot = id, .attempt = 1, .size = size, .timings = {}};
  }

  static std::vector<jobs::ShotId> ids(const std::vector<ShotCommitted>& all) {
    std::vector<jobs::ShotId> ids;
    for (const ShotCommitted& one : all) ids.push_back(one.shot);
    return ids;
  }

  tests::TempFolder folder_;
  std::string shots_ = folder_ / "shots";
  std::unique_ptr<storage::FileOps> files_ = storage::make_posix_file_ops();
  storage::ShotStore store_{*files_, folder_.path()};
  UnprovenResults unproven_;
};

TEST_F(UnprovenResult, IsThereWithThatSizeOrMissingOrTheDiskSaysNothing) {
  EXPECT_EQ(look_for(store_, committed(1)).there, true);
  EXPECT_EQ(look_for(store_, committed(1, 9)).there, false);
  EXPECT_EQ(look_for(store_, committed(1, 0)).there, false);
  const ShotCommitted removed = committed(2);
  fs::remove(store_.path(removed.shot));
  EXPECT_EQ(look_for(store_, removed).there, false);
  goes_away();
  const ResultLook look = look_for(store_, removed);
  EXPECT_EQ(look.there, std::nullopt);
  EXPECT_THAT(look.trouble, HasSubstr("shots"));
}

TEST_F(UnprovenResult, IsAnsweredForOnceTheDiskIsBackAndNotAgain) {
  const ShotCommitted there = committed(1);
  const ShotCommitted missing = committed(2, 9);
  goes_away();
  unproven_.add(there, seconds(0));
  unproven_.add(missing, seconds(0));
  auto answers = unproven_.look_again(store_, seconds(1));
  EXPECT_THAT(answers.there, IsEmpty());
  EXPECT_THAT(answers.missing, IsEmpty()) << "a disk that is away doesn't say so";
  EXPECT_EQ(answers.away, "");
  EXPECT_FALSE(unproven_.empty());
  comes_back();
  answers = unproven_.look_again(store_, seconds(2));
  EXPECT_THAT(ids(answers.there), ElementsAre(there.shot));
  EXPECT_THAT(ids(answers.missing), ElementsAre(missing.shot));
  EXPECT_TRUE(unproven_.empty());
  EXPECT_THAT(unproven_.look_again(store_, seconds(3)).there, IsEmpty());
}

TEST_F(UnprovenResult, IsLookedForOnceASecond) {
  unproven_.add(committed(1), seconds(5));
  EXPECT_THAT(unproven_.look_again(store_, seconds(5)).there, IsEmpty());
  EXPECT_THAT(
      unproven_.look_again(store_, scheduler::TimePoint(seconds(6)) - std::chrono::nanoseconds(1)).there,
      IsEmpty());
  EXPECT_EQ(unproven_.look_again(store_, seconds(6)).there.size(), 1U);
}

TEST_F(UnprovenResult, MakesItsDiskCountAsAwayAfterTenMinutesAndIsLookedForOn) {
  const ShotCommitted there = committed(1);
  goes_away();
  unproven_.add(there, seconds(0));
  EXPECT_EQ(unproven_.look_again(store_, minutes(10) - seconds(1)).away, "");
  EXPECT_THAT(unproven_.look_again(store_, minutes(10)).away, HasSubstr("shots"));
  EXPECT_THAT(unproven_.look_again(store_, minutes(10) + seconds(1)).away, HasSubstr("shots"));
  comes_back();
  const auto answers = unproven_.look_again(store_, minutes(10) + seconds(2));
  EXPECT_EQ(answers.away, "");
  EXPECT_EQ(answers.there.size(), 1U);
}

TEST_F(UnprovenResult, IsLookedForNoMoreOnceItIsGivenUp) {
  unproven_.add(committed(1), seconds(0));
  unproven_.add(committed(2), seconds(0));
  EXPECT_EQ(unproven_.give_up(), 2);
  EXPECT_TRUE(unproven_.empty());
  EXPECT_EQ(unproven_.give_up(), 0);
  EXPECT_THAT(unproven_.look_again(store_, seconds(9)).there, IsEmpty());
}

}  // namespace
}  // namespace pia::farm
