// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/last_word.hpp"

#include <gtest/gtest.h>

#include "storage/journal.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::farm {
namespace {

using storage::RecordType;

/// Two looks: the journal is read once it stands still.
bool said(LastWord& word) {
  word.was_said();
  return word.was_said();
}

TEST(LastWord, IsHeardOnceTheJournalStandsStill) {
  tests::MemoryFileOps disk;
  storage::Journal journal(disk, "/run", 3, 1);
  LastWord word(disk, "/run", 3);
  EXPECT_FALSE(said(word));
  journal.append(RecordType::run_started, "{}");
  journal.commit();
  EXPECT_FALSE(said(word));
  journal.append(RecordType::run_finished, "{}");
  journal.commit();
  EXPECT_FALSE(word.was_said());
  EXPECT_TRUE(word.was_said());
  EXPECT_TRUE(word.was_said());
}

TEST(LastWord, OfAnotherEpochIsNotMeant) {
  tests::MemoryFileOps disk;
  storage::Journal journal(disk, "/run", 2, 1);
  journal.append(RecordType::run_finished, "{}");
  journal.commit();
  LastWord word(disk, "/run", 3);
  EXPECT_FALSE(said(word));
}

}  // namespace
}  // namespace pia::farm
