// SPDX-License-Identifier: Apache-2.0
#include "farm/digest_cache.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "jobs/core/error.hpp"
#include "tests/farm/commands/program.hpp"

namespace pia::farm {
namespace {

using tests::file_content;
using tests::TempFolder;
using tests::write_file;

constexpr std::int64_t kDay = 86'400'000'000'000;

/// A file that was written a day ago by the cache's clock.
struct Shelf {
  TempFolder folder;
  std::string cache = folder / "cache/digests";
  std::string file = folder / "model.bin";
  std::int64_t offset = kDay;

  explicit Shelf(const std::string& content = "one") { write_file(file, content); }

  DigestCache open(Rehash rehash = Rehash::no) const {
    return DigestCache(
        {.file = cache, .rehash = rehash, .wall_clock_ns = [this] { return stamp(file) + offset; }});
  }
  static std::int64_t stamp(const std::string& path) {
    struct stat facts {};
    stat(path.c_str(), &facts);
    return std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
  }
  static void set_stamp(const std::string& path, std::int64_t ns) {
    const timespec times[2] = {{ns / 1'000'000'000, ns % 1'000'000'000},
                               {ns / 1'000'000'000, ns % 1'000'000'000}};
    utimensat(AT_FDCWD, path.c_str(), times, 0);
  }
};

TEST(DigestCache, HashesAFileOnceForAllProcesses) {
  const Shelf shelf;
  DigestCache first = shelf.open();
  EXPECT_EQ(first.digest(shelf.file), jobs::sha256("one"));
  EXPECT_EQ(first.digest(shelf.file), jobs::sha256("one"));
  EXPECT_EQ(first.files_hashed(), 1);
  DigestCache second = shelf.open();
  EXPECT_EQ(second.digest(shelf.file), jobs::sha256("one"));
  EXPECT_EQ(second.files_hashed(), 0);
}

TEST(DigestCache, SeesAFileThatWasReplacedBySameSizeAndTime) {
  const Shelf shelf;
  shelf.open().digest(shelf.file);
  const std::int64_t stamp = Shelf::stamp(shelf.file);
  write_file(shelf.folder / "other", "two");
  Shelf::set_stamp(shelf.folder / "other", stamp);
  std::filesystem::rename(shelf.folder / "other", shelf.file);
  ASSERT_EQ(Shelf::stamp(shelf.file), stamp);
  EXPECT_EQ(shelf.open().digest(shelf.file), jobs::sha256("two"));
}

TEST(DigestCache, SeesAFileThatWasWrittenOver) {
  const Shelf shelf;
  shelf.open().digest(shelf.file);
  write_file(shelf.file, "two");
  Shelf::set_stamp(shelf.file, Shelf::stamp(shelf.file) + 1);
  EXPECT_EQ(shelf.open().digest(shelf.file), jobs::sha256("two"));
}

TEST(DigestCache, DoesNotRememberAFileThatChangedJustNow) {
  Shelf shelf;
  shelf.offset = 1'000'000;
  shelf.open().digest(shelf.file);
  DigestCache later = shelf.open();
  later.digest(shelf.file);
  EXPECT_EQ(later.files_hashed(), 1);
}

TEST(DigestCache, IgnoresWhatIsKeptWhenTold) {
  const Shelf shelf;
  shelf.open().digest(shelf.file);
  DigestCache again = shelf.open(Rehash::yes);
  again.digest(shelf.file);
  EXPECT_EQ(again.files_hashed(), 1);
}

TEST(DigestCache, BelievesNoLineThatWasCutOrFlipped) {
  const Shelf shelf;
  shelf.open().digest(shelf.file);
  const std::string good = file_content(shelf.cache);
  for (std::size_t i = 0; i < good.size(); ++i) {
    write_file(shelf.cache, good.substr(0, i));
    EXPECT_EQ(shelf.open().digest(shelf.file), jobs::sha256("one")) << "cut at " << i;
    std::string flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    write_file(shelf.cache, flipped);
    EXPECT_EQ(shelf.open().digest(shelf.file), jobs::sha256("one")) << "flipped at " << i;
  }
}

TEST(DigestCache, GoesOnAfterATornLine) {
  const Shelf shelf;
  shelf.open().digest(shelf.file);
  const std::string good = file_content(shelf.cache);
  write_file(shelf.cache, good.substr(0, good.size() / 2));
  shelf.open().digest(shelf.file);
  DigestCache after = shelf.open();
  after.digest(shelf.file);
  EXPECT_EQ(after.files_hashed(), 0);
}

TEST(DigestCache, IsSharedByManyAtOnce) {
  const TempFolder folder;
  constexpr int kFiles = 40;
  for (int i = 0; i < kFiles; ++i) {
    write_file(folder / std::to_string(i), std::to_string(i));
    Shelf::set_stamp(folder / std::to_string(i), kDay);
  }
  const auto open = [&folder] {
    return DigestCache({.file = folder / "digests", .wall_clock_ns = [] { return 2 * kDay; }});
  };
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&] {
      DigestCache cache = open();
      for (int i = 0; i < kFiles; ++i) cache.digest(folder / std::to_string(i));
    });
  }
  for (std::thread& user : users) user.join();
  DigestCache after = open();
  for (int i = 0; i < kFiles; ++i) {
    EXPECT_EQ(after.digest(folder / std::to_string(i)), jobs::sha256(std::to_string(i)));
  }
  EXPECT_EQ(after.files_hashed(), 0);
}

TEST(DigestCache, KeepsPathsWithLineEndsAndPercentSigns) {
  Shelf shelf;
  shelf.file = shelf.folder / "a\nb%0Ac %25.bin";
  write_file(shelf.file, "odd");
  shelf.open().digest(shelf.file);
  DigestCache after = shelf.open();
  EXPECT_EQ(after.digest(shelf.file), jobs::sha256("odd"));
  EXPECT_EQ(after.files_hashed(), 0);
}

TEST(DigestCache, IsDoneWithoutWhereItCannotBeWritten) {
  Shelf shelf;
  shelf.cache = "/proc/no/such/digests";
  EXPECT_EQ(shelf.open().digest(shelf.file), jobs::sha256("one"));
}

TEST(DigestCache, NamesAFileThatIsGoneOrAFolder) {
  const Shelf shelf;
  EXPECT_THROW(shelf.open().digest(shelf.folder / "none"), jobs::InputError);
  EXPECT_THROW(shelf.open().digest(shelf.folder.path()), jobs::InputError);
}

}  // namespace
}  // namespace pia::farm
