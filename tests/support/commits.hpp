// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "storage/journal.hpp"

namespace pia::tests {

/// The 64 digits of the shot that a record tells of; empty if it tells of none.
inline std::string shot_of(const storage::Record& record) {
  constexpr std::string_view kKey = "\"shot\":\"";
  constexpr std::size_t kIdDigits = 64;
  const auto at = record.payload.find(kKey);
  return at == std::string::npos ? "" : record.payload.substr(at + kKey.size(), kIdDigits);
}

/// How often each shot was committed.
inline std::map<std::string, int> commits_by_shot(const std::vector<storage::Record>& records) {
  std::map<std::string, int> commits;
  for (const storage::Record& record : records) {
    if (record.type == storage::RecordType::shot_committed) ++commits[shot_of(record)];
  }
  return commits;
}

}  // namespace pia::tests
