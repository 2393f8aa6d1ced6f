// SPDX-License-Identifier: Apache-2.0
#include "storage/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/core/error.hpp"
#include "storage/journal_file.hpp"
#include "storage/journal_record.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::storage {
namespace {

using testing::HasSubstr;
const std::string kFirst = "/run/journal/0000000001.log";

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

class Journals : public testing::Test {
 protected:
  void put(const std::string& name, const std::vector<std::byte>& bytes) {
    files.make_folders("/run/journal");
    files.create("/run/journal/" + name)->write(bytes);
  }
  std::vector<std::string> payloads() {
    std::vector<std::string> found;
    for (const Record& record : replay(files, "/run").records) found.push_back(record.payload);
    return found;
  }

  tests::MemoryFileOps files;
};

TEST_F(Journals, AreEmptyAtFirst) {
  const Replay nothing = replay(files, "/run");
  EXPECT_TRUE(nothing.records.empty());
  EXPECT_TRUE(nothing.complaints.empty());
}

TEST_F(Journals, ReplayWhatWasCommitted) {
  Journal journal(files, "/run", 1, 1);
  EXPECT_EQ(journal.append(RecordType::run_started, R"({"job":"a"})"), 1U);
  EXPECT_EQ(journal.append(RecordType::shot_assigned, std::string("\0\n", 2)), 2U);
  EXPECT_TRUE(journal.dirty());
  EXPECT_TRUE(payloads().empty()) << "append alone writes nothing";
  journal.commit();
  EXPECT_FALSE(journal.dirty());
  journal.append(RecordType::run_finished, "");
  journal.commit();
  const Replay all = replay(files, "/run");
  EXPECT_TRUE(all.complaints.empty());
  EXPECT_EQ(all.records, (std::vector<Record>{{RecordType::run_started, 1, 1, R"({"job":"a"})"},
                                              {RecordType::shot_assigned, 1, 2, std::string("\0\n", 2)},
                                              {RecordType::run_finished, 1, 3, ""}}));
}

TEST_F(Journals, OfLaterEpochsComeLater) {
  for (const std::uint64_t epoch : {10U, 9U, 2U}) {
    Journal journal(files, "/run", epoch, 20 - epoch);
    journal.append(RecordType::shot_failed, std::to_string(epoch));
    journal.commit();
  }
  EXPECT_EQ(payloads(), (std::vector<std::string>{"2", "9", "10"}));
}

TEST_F(Journals, OfTheSameEpochNeverShareAFile) {
  for (const char* text : {"first", "second", "third"}) {
    Journal journal(files, "/run", 1, 1 + payloads().size());
    journal.append(RecordType::shot_failed, text);
    journal.commit();
  }
  EXPECT_EQ(files.list("/run/journal"),
            (std::vector<std::string>{"0000000001.1.log", "0000000001.2.log", "0000000001.log"}));
  EXPECT_EQ(payloads(), (std::vector<std::string>{"first", "second", "third"}));
}

TEST_F(Journals, WithNothingToCommitTouchNothing) {
  Journal journal(files, "/run", 1, 1);
  journal.commit();
  EXPECT_FALSE(files.exists("/run/journal"));
}

TEST_F(Journals, WriteTheSameRecordsAgainAfterAFailure) {
  for (int at = 0; at < 5; ++at) {
    SCOPED_TRACE(at);
    tests::MemoryFileOps fresh;
    tests::FaultFileOps faulty(fresh, at, tests::Fault::no_space);
    Journal journal(faulty, "/run", 1, 1);
    journal.append(RecordType::shot_committed, "a");
    EXPECT_THROW(journal.commit(), jobs::StorageError);
    EXPECT_TRUE(journal.dirty());
    journal.append(RecordType::shot_committed, "b");
    journal.commit();
    const Replay all = replay(fresh, "/run");
    EXPECT_EQ(all.records, (std::vector<Record>{{RecordType::shot_committed, 1, 1, "a"},
                                                {RecordType::shot_committed, 1, 2, "b"}}));
    EXPECT_TRUE(all.complaints.empty());
  }
}

TEST_F(Journals, BugADiskThatStayedFullGotAFileWithEachTry) {
  tests::FaultFileOps faulty(files, 2, tests::Fault::short_write);
  Journal journal(faulty, "/run", 1, 1);
  journal.append(RecordType::shot_committed, "a");
  EXPECT_THROW(journal.commit(), jobs::StorageError);
  EXPECT_TRUE(files.list("/run/journal").empty());
  journal.commit();
  EXPECT_EQ(payloads(), std::vector<std::string>{"a"});
  EXPECT_TRUE(replay(files, "/run").complaints.empty());
}

TEST_F(Journals, NeverAppendBehindATornWrite) {
  tests::FaultFileOps faulty(files, 5, tests::Fault::short_write);
  Journal journal(faulty, "/run", 1, 1);
  journal.append(RecordType::shot_committed, "a");
  journal.commit();
  journal.append(RecordType::shot_committed, "b");
  EXPECT_THROW(journal.commit(), jobs::StorageError);
  journal.commit();
  EXPECT_EQ(payloads(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(files.list("/run/journal").size(), 2U) << "the torn file is left alone";
}

TEST_F(Journals, BugATornEndWasDamageThoughItsRecordsFollow) {
  std::string whole;
  encode_record({RecordType::run_started, 1, 1, "a"}, whole);
  std::string second;
  encode_record({RecordType::shot_failed, 1, 2, "b"}, second);
  std::string third;
  encode_record({RecordType::shot_failed, 2, 3, "c"}, third);
  put("0000000001.log", bytes_of(whole + second.substr(0, second.size() - 1)));
  put("0000000002.log", bytes_of(third));
  EXPECT_EQ(replay(files, "/run").complaints.size(), 1U) << "the second record is missing";
  put("0000000001.1.log", bytes_of(second));
  EXPECT_TRUE(replay(files, "/run").complaints.empty());
}

TEST_F(Journals, SkipWhatIsNoRecordAndSayWhere) {
  std::string text;
  encode_record({RecordType::run_started, 1, 1, "a"}, text);
  const std::size_t first = text.size();
  text += "PRJ1 garbage " + std::string(512, '\0');
  const std::size_t garbage = text.size() - first;
  encode_record({RecordType::run_finished, 1, 2, "b"}, text);
  put("0000000001.log", bytes_of(text));
  const Replay all = replay(files, "/run");
  EXPECT_EQ(all.records.size(), 2U);
  ASSERT_EQ(all.complaints.size(), 1U);
  EXPECT_THAT(all.complaints[0].sentence, HasSubstr(kFirst));
  EXPECT_THAT(all.complaints[0].sentence,
              HasSubstr(std::to_string(garbage) + " bytes at offset " + std::to_string(first)));
}

TEST_F(Journals, LoseOneRecordToOneFlippedByte) {
  std::string text;
  for (std::uint64_t n = 1; n <= 3; ++n) encode_record({RecordType::shot_failed, 1, n, "payload"}, text);
  const std::size_t each = text.size() / 3;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string flipped = text;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    tests::MemoryFileOps fresh;
    fresh.make_folders("/run/journal");
    fresh.create(kFirst)->write(bytes_of(flipped));
    const Replay all = replay(fresh, "/run");
    ASSERT_EQ(all.records.size(), 2U) << at;
    EXPECT_EQ(all.complaints.size(), 1U);
    for (const Record& record : all.records) {
      EXPECT_EQ(record.payload, "payload");
      EXPECT_NE(record.sequence, 1 + at / each);
    }
  }
}

TEST_F(Journals, KeepEveryWholeRecordOfACutFile) {
  std::string text;
  for (std::uint64_t n = 1; n <= 3; ++n) encode_record({RecordType::shot_failed, 1, n, "payload"}, text);
  const std::size_t each = text.size() / 3;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    tests::MemoryFileOps fresh;
    fresh.make_folders("/run/journal");
    fresh.create(kFirst)->write(bytes_of(text.substr(0, size)));
    const Replay all = replay(fresh, "/run");
    EXPECT_EQ(all.records.size(), size / each);
    EXPECT_EQ(all.complaints.size(), size % each == 0 ? 0U : 1U);
  }
}

TEST_F(Journals, CountDuplicatesOnceAndComplainOfContradictions) {
  std::string text;
  encode_record({RecordType::shot_failed, 1, 1, "same"}, text);
  encode_record({RecordType::shot_failed, 1, 2, "first"}, text);
  put("0000000001.log", bytes_of(text));
  text.clear();
  encode_record({RecordType::shot_failed, 1, 1, "same"}, text);
  encode_record({RecordType::shot_failed, 1, 2, "second"}, text);
  put("0000000001.1.log", bytes_of(text));
  EXPECT_EQ(payloads(), (std::vector<std::string>{"same", "first"}));
  EXPECT_EQ(replay(files, "/run").complaints.size(), 1U);
}

TEST_F(Journals, PassOnRecordTypesOfLaterVersions) {
  std::string text;
  encode_record({static_cast<RecordType>(999), 1, 1, "?"}, text);
  put("0000000001.log", bytes_of(text));
  const auto records = replay(files, "/run").records;
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(static_cast<int>(records[0].type), 999);
}

TEST_F(Journals, IgnoreOtherFiles) {
  std::string text;
  encode_record({RecordType::shot_failed, 1, 1, "x"}, text);
  for (const char* name :
       {"1.log", "0000000001.0.log", "0000000001.01.log", "notes.txt", "0000000001.log~"}) {
    put(name, bytes_of(text));
  }
  EXPECT_TRUE(payloads().empty());
}

TEST_F(Journals, NeverRefuseToStart) {
  Journal journal(files, "/run", 1, 1);
  journal.append(RecordType::run_started, "a");
  journal.commit();
  for (int at = 0; at < 2; ++at) {
    tests::FaultFileOps faulty(files, at, tests::Fault::io_error);
    const Replay all = replay(faulty, "/run");
    EXPECT_TRUE(all.records.empty());
    EXPECT_EQ(all.complaints.size(), 1U);
  }
}

TEST_F(Journals, TakePayloadsOfAMebibyteAndNoMore) {
  Journal journal(files, "/run", 1, 1);
  journal.append(RecordType::run_started, std::string(kLargestPayload, 'x'));
  EXPECT_THROW(journal.append(RecordType::run_started, std::string(kLargestPayload + 1, 'x')), jobs::Error);
  EXPECT_EQ(journal.append(RecordType::run_finished, ""), 2U) << "a refused record uses no number";
  journal.commit();
  EXPECT_EQ(payloads().size(), 2U);
}

TEST(JournalFile, NamesReadBack) {
  for (const JournalFile& file : {JournalFile{1, 0}, JournalFile{12, 3}, JournalFile{UINT64_MAX, 0}}) {
    EXPECT_EQ(journal_file_from(journal_file_name(file)), file);
  }
}

}  // namespace
}  // namespace pia::storage
