// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "jobs/core/error.hpp"
#include "storage/journal.hpp"
#include "storage/journal_file.hpp"
#include "storage/journal_record.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {
namespace {

std::uint64_t last_sequence(const Replay& replay) {
  return replay.records.empty() ? 0 : replay.records.back().sequence;
}

/// `torn`: where parts of the journal break off.
void read_file(FileOps& files, const std::string& path, Replay& replay, std::vector<Complaint>& torn) {
  std::vector<std::byte> bytes;
  try {
    bytes = files.read(path);
  } catch (const jobs::StorageError& error) {
    replay.complaints.push_back(
        {std::string("a part of the journal is skipped: ") + error.what(), last_sequence(replay)});
    return;
  }
  const std::size_t earlier = replay.records.size();
  scan_records(
      bytes, [&](Record record) { replay.records.push_back(std::move(record)); },
      [&](Gap gap) {
        const bool at_end = gap.offset + gap.length == bytes.size() && replay.records.size() > earlier;
        (at_end ? torn : replay.complaints)
            .push_back({path + ": " + std::to_string(gap.length) + " bytes at offset " +
                            std::to_string(gap.offset) +
                            " are no record and are skipped; a write was cut short or the disk lies",
                        last_sequence(replay)});
      });
}

/// What a write that was cut short should have kept is written again in a later part; then nothing is
/// missing.
void complain_of_what_is_missing(const std::vector<Complaint>& torn, Replay& replay) {
  for (const Complaint& end : torn) {
    const bool is_there =
        std::any_of(replay.records.begin(), replay.records.end(),
                    [&](const Record& record) { return record.sequence == *end.after + 1; });
    if (!is_there) replay.complaints.push_back(end);
  }
}

auto key(const Record& record) {
  return std::tie(record.epoch, record.sequence);
}

void drop_duplicates(Replay& replay) {
  const auto last = std::unique(
      replay.records.begin(), replay.records.end(), [&](const Record& first, const Record& second) {
        if (key(first) != key(second)) return false;
        if (first != second) {
          replay.complaints.push_back({"the journal has two records numbered " +
                                           std::to_string(second.sequence) + " of epoch " +
                                           std::to_string(second.epoch) + "; the first counts",
                                       second.sequence});
        }
        return true;
      });
  replay.records.erase(last, replay.records.end());
}

}  // namespace

std::vector<std::string> sentences(const std::vector<Complaint>& complaints) {
  std::vector<std::string> found;
  for (const Complaint& complaint : complaints) found.push_back(complaint.sentence);
  return found;
}

std::string epoch_digits(std::uint64_t epoch) {
  const std::string digits = std::to_string(epoch);
  return std::string(digits.size() < 10 ? 10 - digits.size() : 0, '0') + digits;
}

std::string journal_file_name(const JournalFile& file) {
  return epoch_digits(file.epoch) + (file.part == 0 ? "" : "." + std::to_string(file.part)) + ".log";
}

std::optional<JournalFile> journal_file_from(std::string_view name) {
  constexpr std::string_view kSuffix = ".log";
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view stem = name.substr(0, name.size() - kSuffix.size());
  const auto dot = stem.find('.');
  const auto epoch = number_from(stem.substr(0, dot));
  const auto part = dot == std::string_view::npos ? std::uint64_t{0} : number_from(stem.substr(dot + 1));
  if (!epoch || !part || *part > 1'000'000'000) return std::nullopt;
  const JournalFile file{*epoch, static_cast<int>(*part)};
  return journal_file_name(file) == name ? std::optional(file) : std::nullopt;
}

Replay replay(FileOps& files, const std::string& run_directory) {
  const std::string folder = run_directory + "/journal";
  Replay replay;
  std::vector<JournalFile> names;
  try {
    for (const std::string& name : files.list(folder)) {
      if (const auto file = journal_file_from(name)) names.push_back(*file);
    }
  } catch (const jobs::StorageError& error) {
    replay.complaints.push_back({std::string("the journal is skipped: ") + error.what()});
  }
  std::sort(names.begin(), names.end());
  std::vector<Complaint> torn;
  for (const JournalFile& name : names) {
    read_file(files, folder + "/" + journal_file_name(name), replay, torn);
  }
  complain_of_what_is_missing(torn, replay);
  const auto before = [](const Record& a, const Record& b) { return key(a) < key(b); };
  if (!std::is_sorted(replay.records.begin(), replay.records.end(), before)) {
    std::stable_sort(replay.records.begin(), replay.records.end(), before);
  }
  drop_duplicates(replay);
  return replay;
}

}  // namespace pia::storage
