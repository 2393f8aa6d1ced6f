// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/lease.hpp"

namespace pia::storage {

/// The text of a lease's file (FORMAT.md section 5). Line ends inside values become spaces.
std::string encode_lease(const LeaseState& state);

/// The inverse; nothing unless every byte is as it was written.
std::optional<LeaseState> decode_lease(std::span<const std::byte> bytes);

/// The epochs that have a lease file, in increasing order.
std::vector<std::uint64_t> lease_epochs(FileOps& files, const std::string& run_directory);

/// lease/<epoch, ten digits> of a run directory.
std::string lease_path(const std::string& run_directory, std::uint64_t epoch);

}  // namespace pia::storage
