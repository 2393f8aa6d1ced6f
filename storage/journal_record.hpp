// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "storage/journal.hpp"

namespace pia::storage {

inline constexpr std::size_t kLargestPayload = 1U << 20U;

/// Appends the record's bytes (FORMAT.md section 4) to `bytes`. Throws jobs::Error (internal) if the payload
/// is too large.
void encode_record(const Record& record, std::string& bytes);

/// A stretch of a journal that is no record.
struct Gap {
  std::size_t offset = 0;
  std::size_t length = 0;
};

/// Finds the records in the bytes of a journal file, whatever else is between them. Linear in the size.
void scan_records(std::span<const std::byte> bytes, const std::function<void(Record)>& on_record,
                  const std::function<void(Gap)>& on_gap);

}  // namespace pia::storage
