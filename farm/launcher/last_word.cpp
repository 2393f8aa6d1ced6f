// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/last_word.hpp"

#include <algorithm>

#include "jobs/core/error.hpp"
#include "storage/journal.hpp"

namespace pia::farm {

std::uint64_t LastWord::size_of_journal() const {
  std::uint64_t size = 0;
  const std::string folder = run_directory_ + "/journal";
  for (const std::string& name : files_.list(folder)) size += files_.status(folder + "/" + name).size;
  return size;
}

bool LastWord::was_said() {
  try {
    const std::uint64_t size = size_of_journal();
    const bool stands_still = size == seen_size_;
    seen_size_ = size;
    if (said_ || !stands_still || size == read_size_) return said_;
    read_size_ = size;
    const auto records = storage::replay(files_, run_directory_).records;
    said_ = std::any_of(records.begin(), records.end(), [this](const storage::Record& record) {
      return record.epoch == epoch_ && record.type == storage::RecordType::run_finished;
    });
  } catch (const jobs::StorageError&) {
    // It is looked for again.
  }
  return said_;
}

}  // namespace pia::farm
