// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "jobs/core/result.hpp"

namespace pia::storage {

/// The bytes of a result's file (FORMAT.md section 2). Throws jobs::Error (internal) if the result
/// contradicts itself: the id is not the recipe's hash, or a shape is not that of its values.
std::vector<std::byte> encode_result(const jobs::ShotResult& result);

/// The inverse. Throws StorageError, naming `path`, unless the bytes are a whole result of the shot `id`.
jobs::ShotResult decode_result(std::span<const std::byte> file, const jobs::ShotId& id,
                               const std::string& path);

}  // namespace pia::storage
