// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/journal.hpp"
#include "tests/farm/commands/program.hpp"

namespace pia::tests {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;
using testing::Not;

const char* const kFirstPart = "renders/small/journal/0000000001.log";

/// Flips a bit of the first such record of the first epoch.
void damage_record(const Home& home, const std::string& payload) {
  const std::string path = home.folder / kFirstPart;
  std::string bytes = file_content(path);
  const std::size_t at = bytes.find(payload);
  ASSERT_NE(at, std::string::npos);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  write_file(path, bytes);
}

void remove_results(const Home& home) {
  std::filesystem::remove_all(home.folder / "renders/small/shots");
}

/// Puts a folder in the place of the first epoch's part, which can't be read.
void hide_first_part(const Home& home) {
  std::filesystem::rename(home.folder / kFirstPart, home.folder / "hidden");
  std::filesystem::create_directory(home.folder / kFirstPart);
}

constexpr const char* kCommit = "\"denoise\":";

TEST(Verify, BugOneHealedGapOfTheJournalWasDamageForEver) {
  const Home home;
  home.rehearse({"job.toml"});
  damage_record(home, kCommit);
  const Answer answer = home.call({"verify", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out;
  EXPECT_THAT(answer.out, HasSubstr("note: "));
  EXPECT_THAT(answer.out, HasSubstr("0000000001.log: "));
  EXPECT_THAT(answer.out, HasSubstr(" are no record and are skipped"));
  EXPECT_THAT(answer.out, HasSubstr(" (after 20")) << "when";
  EXPECT_THAT(answer.out, HasSubstr("; nothing is missing because of it\n"));
  EXPECT_THAT(answer.out, HasSubstr("verified: 2 results, "));
  EXPECT_THAT(answer.out, HasSubstr("; nothing is damaged\n"));
}

TEST(Verify, CountsAGapAsDamageUntilTheRunHasMadeGoodWhatItMayHaveTold) {
  const Home home;
  home.rehearse({"job.toml", "--only", "name=one"});
  damage_record(home, kCommit);
  remove_results(home);
  const Answer lost = home.call({"verify", "job.toml"});
  EXPECT_TRUE(lost.is(ExitCode::some_failed)) << lost.out;
  EXPECT_THAT(lost.out, HasSubstr("results may be missing because of it: running the job makes them again"));
  home.rehearse({"job.toml", "--only", "name=two"});
  EXPECT_TRUE(home.call({"verify", "job.toml"}).is(ExitCode::some_failed)) << "the first is still missing";
  home.rehearse({"job.toml"});
  EXPECT_TRUE(home.call({"verify", "job.toml"}).is(ExitCode::all_done));
}

TEST(Verify, BugAPartThatCannotBeReadWasDamageForEver) {
  const Home home;
  home.rehearse({"job.toml"});
  hide_first_part(home);
  const Answer whole = home.call({"verify", "job.toml"});
  EXPECT_TRUE(whole.is(ExitCode::all_done)) << whole.out;
  EXPECT_THAT(whole.out, HasSubstr("note: a part of the journal is skipped: "));
  remove_results(home);
  const Answer lost = home.call({"verify", "job.toml"});
  EXPECT_TRUE(lost.is(ExitCode::some_failed)) << lost.out;
  EXPECT_THAT(lost.out, HasSubstr("damaged: a part of the journal is skipped: "));
}

TEST(Verify, BugTwoRecordsOfOneNumberWereDamageForEver) {
  const Home home;
  home.rehearse({"job.toml"});
  const auto files = storage::make_posix_file_ops();
  storage::Journal second(*files, home.folder / "renders/small", 1, 1);
  second.append(storage::RecordType::drain_requested, "{}");
  second.commit();
  const Answer answer = home.call({"verify", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out;
  EXPECT_THAT(answer.out, HasSubstr("note: the journal has two records numbered 1 of epoch 1"));
}

TEST(Verify, ExcusesAGapWhereWhatIsMissingWasTriedAgain) {
  const Home home;
  home.rehearse({"job.toml"});
  damage_record(home, kCommit);
  remove_results(home);
  home.rehearse({"job.toml"}, "fail@1");
  const Answer answer = home.call({"verify", "job.toml"});
  EXPECT_THAT(answer.out, HasSubstr("note: "));
  EXPECT_THAT(answer.out, Not(HasSubstr("results may be missing")));
}

}  // namespace
}  // namespace pia::tests
