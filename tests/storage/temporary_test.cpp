// SPDX-License-Identifier: Apache-2.0
#include "storage/temporary.hpp"

#include <gtest/gtest.h>

#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::storage {
namespace {

const std::string kText = "text";

std::span<const std::byte> text_bytes() {
  return std::as_bytes(std::span(kText));
}

TEST(Temporary, NamesTellTheirEpoch) {
  EXPECT_EQ(temporary_epoch("plan.json.e12.tmp"), 12U);
  EXPECT_EQ(temporary_epoch("abc.h5.e12-a3.tmp"), 12U);
  EXPECT_EQ(temporary_epoch("abc.0.h5.e7-a3.15.tmp"), 7U);
  EXPECT_EQ(temporary_epoch("0000000004.e4-nonce.tmp"), 4U);
}

TEST(Temporary, NamesOfOthersHaveNone) {
  for (const char* name : {"", ".tmp", "a.tmp", "a.h5", "e5.tmp", "a.e.tmp", "a.e-1.tmp", "a.e5x.tmp",
                           "a.e5.tmp.h5", "a.e5.1.2.tmp", "a.e99999999999999999999.tmp"}) {
    EXPECT_FALSE(temporary_epoch(name)) << name;
  }
}

TEST(Temporary, FilesOfEarlierEpochsAreSwept) {
  tests::MemoryFileOps files;
  files.make_folders("/run/ab");
  for (const char* name : {"/run/ab/x.h5.e3-a1.tmp", "/run/ab/x.h5.e4-a1.tmp", "/run/ab/x.h5"}) {
    files.create(name);
  }
  EXPECT_EQ(sweep_subfolders(files, "/run", 4), 1);
  EXPECT_EQ(files.list("/run/ab"), (std::vector<std::string>{"x.h5", "x.h5.e4-a1.tmp"}));
  EXPECT_EQ(sweep_folder(files, "/run/ab", 5), 1);
}

TEST(Temporary, ALeftoverOfTheSameAttemptIsNotInTheWay) {
  tests::MemoryFileOps files;
  files.make_folders("/run");
  const std::string first = write_aside(files, "/run/a", text_bytes(), "e1-a1");
  const std::string second = write_aside(files, "/run/a", text_bytes(), "e1-a1");
  EXPECT_NE(first, second);
  EXPECT_EQ(temporary_epoch(second.substr(5)), 1U);
}

TEST(Temporary, AFailedWriteLeavesNothingBehind) {
  for (int at = 0; at < 4; ++at) {
    tests::MemoryFileOps files;
    files.make_folders("/run");
    tests::FaultFileOps faulty(files, at, tests::Fault::no_space);
    EXPECT_THROW(write_aside(faulty, "/run/a", text_bytes(), "e1"), jobs::StorageError) << at;
    EXPECT_TRUE(files.list("/run").empty()) << at;
  }
}

TEST(ReplaceFile, KeepsTheOldContentWhenItFails) {
  for (int at = 0; at < 5; ++at) {
    tests::MemoryFileOps files;
    files.make_folders("/run");
    const std::string old = "old";
    replace_file(files, "/run/a", std::as_bytes(std::span(old)), "e1");
    tests::FaultFileOps faulty(files, at, tests::Fault::no_space);
    EXPECT_THROW(replace_file(faulty, "/run/a", text_bytes(), "e1"), jobs::StorageError) << at;
    EXPECT_EQ(files.read("/run/a").size(), old.size()) << at;
    EXPECT_EQ(files.list("/run").size(), 1U) << at;
  }
}

TEST(ReplaceFile, ReplacesTheWholeContent) {
  tests::MemoryFileOps files;
  files.make_folders("/run");
  const std::string old = "a longer old text";
  replace_file(files, "/run/a", std::as_bytes(std::span(old)), "e1");
  replace_file(files, "/run/a", text_bytes(), "e1");
  EXPECT_EQ(files.read("/run/a").size(), kText.size());
}

TEST(NumberFrom, TakesOnlyPlainDecimalNumbers) {
  EXPECT_EQ(number_from("0"), 0U);
  EXPECT_EQ(number_from("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"}) {
    EXPECT_FALSE(number_from(text)) << text;
  }
}

}  // namespace
}  // namespace pia::storage
