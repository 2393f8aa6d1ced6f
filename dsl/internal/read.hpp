// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// First pass: bytes to a document whose places are in file number `file`. At most 1 MiB, UTF-8 (a byte order
/// mark is skipped), no key of more than 16 parts. Complains and returns nothing if it is not TOML.
std::optional<Table> read(const std::string& text, int file, Complaints& complaints);

/// The TOML value `text`, else the string `text`; every place in it is `place`.
Value read_value(const std::string& text, const Place& place);

/// The parts of a dotted key; nothing if it is not one.
std::optional<std::vector<std::string>> read_key(const std::string& text);

}  // namespace pia::dsl::internal
