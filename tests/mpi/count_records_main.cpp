// SPDX-License-Identifier: Apache-2.0
// count_records DIR EVENT: how many records of a kind a run directory's journal holds; for "committed_twice",
// of how many shots it holds more than one commit. Scripts ask ten times a second.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "jobs/core/error.hpp"
#include "storage/journal.hpp"
#include "tests/support/commits.hpp"

namespace {

using namespace pia;
using storage::RecordType;

constexpr std::array<std::pair<std::string_view, RecordType>, 12> kEvents = {
    {{"run_started", RecordType::run_started},
     {"shot_assigned", RecordType::shot_assigned},
     {"shot_committed", RecordType::shot_committed},
     {"attempt_failed", RecordType::attempt_failed},
     {"shot_failed", RecordType::shot_failed},
     {"shot_stopped", RecordType::shot_stopped},
     {"drain_requested", RecordType::drain_requested},
     {"run_finished", RecordType::run_finished},
     {"worker_known", RecordType::worker_known},
     {"worker_lost", RecordType::worker_lost},
     {"worker_rested", RecordType::worker_rested},
     {"training_started", RecordType::training_started}}};

std::ptrdiff_t committed_twice(const std::vector<storage::Record>& records) {
  const auto commits = tests::commits_by_shot(records);
  return std::count_if(commits.begin(), commits.end(), [](const auto& one) { return one.second > 1; });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return static_cast<int>(jobs::ExitCode::bad_usage);
  const auto files = storage::make_posix_file_ops();
  const auto records = storage::replay(*files, argv[1]).records;
  const std::string_view wanted = argv[2];
  const auto event =
      std::find_if(kEvents.begin(), kEvents.end(), [&](const auto& one) { return one.first == wanted; });
  if (event == kEvents.end() && wanted != "committed_twice") {
    return static_cast<int>(jobs::ExitCode::bad_usage);
  }
  const std::ptrdiff_t count =
      event == kEvents.end()
          ? committed_twice(records)
          : std::count_if(records.begin(), records.end(),
                          [&](const storage::Record& record) { return record.type == event->second; });
  std::printf("%td\n", count);
  return 0;
}
