// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pia::storage {

/// Which file of a journal; in the order in which they were written.
struct JournalFile {
  std::uint64_t epoch = 0;
  int part = 0;
  auto operator<=>(const JournalFile&) const = default;
};

/// "0000000012.log", or "0000000012.3.log" for part 3.
std::string journal_file_name(const JournalFile& file);

/// The inverse; nothing for any other name.
std::optional<JournalFile> journal_file_from(std::string_view name);

/// Ten digits at least, so that names sort as numbers.
std::string epoch_digits(std::uint64_t epoch);

}  // namespace pia::storage
